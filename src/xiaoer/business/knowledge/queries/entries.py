"""Entries for editors: pages, one entry, its versions, categories, an export."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from uuid import UUID

import msgspec

from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.business.knowledge import rules
from xiaoer.business.knowledge.types import (
    Category,
    Entry,
    EntryDraft,
    EntryPage,
    EntrySummary,
    LocaleContent,
    VersionView,
)
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.listing import And, Compare
from xiaoer.data.rows.knowledge import EntryRow
from xiaoer.data.stores import identity as identity_store
from xiaoer.data.stores import knowledge as store
from xiaoer.kit.errors import NotFound

EXPORT_COLUMNS = ("id", "category", "question", "similar", "answer", "locale", "state")


async def _names(backend: Backend, staff: Staff) -> dict[UUID, str]:
    return {row.staff_id: row.name for row in await identity_store.list_staff(backend.db, staff.shop_id)}


def as_entry(row: EntryRow, names: Mapping[UUID, str]) -> Entry:
    return Entry(
        entry_id=row.entry_id, category=row.category, state=row.state,
        content=msgspec.convert(row.content, dict[str, LocaleContent]), hot=row.hot, intent=row.intent,
        related=row.related, version=row.version, updated_at=row.updated_at,
        updated_by_name=names.get(row.updated_by, "") if row.updated_by else "",
        from_pack=not row.entry_id.startswith("own."),
    )  # fmt: skip


def _as_summary(row: EntryRow, names: Mapping[UUID, str], locale: str) -> EntrySummary:
    shown = row.content.get(locale) or next(iter(row.content.values()))
    return EntrySummary(
        entry_id=row.entry_id, category=row.category, state=row.state, version=row.version, hot=row.hot,
        question=shown["question"], locales=sorted(row.content),
        similar_count=sum(len(one["similar"]) for one in row.content.values()), updated_at=row.updated_at,
        updated_by_name=names.get(row.updated_by, "") if row.updated_by else "",
        from_pack=not row.entry_id.startswith("own."),
    )  # fmt: skip


async def get_entry(backend: Backend, staff: Staff, entry_id: str) -> Entry:
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_READ)
    row = await store.find(backend.db, staff.shop_id, entry_id)
    if row is None:
        raise NotFound("knowledge.not_found")
    return as_entry(row, await _names(backend, staff))


async def list_entries(
    backend: Backend,
    staff: Staff,
    *,
    words: str | None,
    category: str | None,
    state: str | None,
    cursor: str | None,
    limit: int,
) -> EntryPage:
    """A page in pinyin order; `words` match anywhere in questions, similar questions and answers."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_READ)
    asked = (words or "").strip()[:100] or None
    compared = [
        Compare(field, op, value)
        for field, op, value in (("words", "contains", asked), ("category", "eq", category), ("state", "eq", state))
        if value
    ]
    rows, next_cursor = await store.list_page(
        backend.db, staff.shop_id, And(tuple(compared)), cursor=cursor, limit=max(1, min(limit, 100))
    )
    names = await _names(backend, staff)
    total = await store.count(backend.db, staff.shop_id, words=asked, category=category or None, state=state or None)
    return EntryPage([_as_summary(row, names, staff.locale) for row in rows], next_cursor, total)


async def list_versions(backend: Backend, staff: Staff, entry_id: str) -> list[VersionView]:
    """Newest first."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_READ)
    rows = await store.list_versions(backend.db, staff.shop_id, entry_id)
    if not rows:
        raise NotFound("knowledge.not_found")
    return [
        VersionView(row.version, row.changed_at, row.changed_by_name, msgspec.convert(row.snapshot, EntryDraft))
        for row in rows
    ]


async def list_categories(backend: Backend, staff: Staff, names: Mapping[str, str]) -> list[Category]:
    """Categories in use with their counts; `names` are those the pack gives."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_READ)
    counted = await store.count_by_category(backend.db, staff.shop_id)
    return [Category(id=one, name=names.get(one, one), count=n) for one, n in counted]


def write_csv(rows: Iterable[Iterable[str]]) -> str:
    """CSV with a byte-order mark, so that Excel reads it as UTF-8; cells cannot run as formulas."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(EXPORT_COLUMNS)
    writer.writerows([rules.quote_cell(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


async def export_entries(backend: Backend, staff: Staff) -> str:
    """All entries, a row per language, in the form that the import reads."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_EDIT)
    rows = await store.list_entries(backend.db, staff.shop_id)
    return write_csv(
        (row.entry_id, row.category, one["question"], "\n".join(one["similar"]), one["answer"], locale, row.state)
        for row in rows
        for locale, one in row.content.items()
    )
