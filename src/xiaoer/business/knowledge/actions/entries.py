"""Creating, changing, archiving and restoring entries. Every change is a version and raises the shop's stamp."""

from __future__ import annotations

import secrets
from uuid import UUID

import msgspec

from xiaoer.business.audit.actions import record_deed
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.business.knowledge import rules
from xiaoer.business.knowledge.queries.entries import as_entry
from xiaoer.business.knowledge.types import Entry, EntryDraft
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Executor
from xiaoer.data.rows.knowledge import NewEntry
from xiaoer.data.stores import knowledge as store
from xiaoer.data.stores import shop as shop_store
from xiaoer.kit.errors import Conflict, NotFound


def make_sort_key(text: str) -> str:
    """Pinyin of the first characters: Chinese order without a collation from the server."""
    # Only when something is written: its tables take a quarter of a second and 20 MB.
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(text[:40], style=Style.TONE3, neutral_tone_with_five=True)).lower()[:200]


def new_entry_id() -> str:
    return f"own.{secrets.token_hex(8)}"


def as_new(entry_id: str, draft: EntryDraft, *, pack_hash: bytes | None = None) -> NewEntry:
    first = draft.content.get("zh-CN") or next(iter(draft.content.values()))
    return NewEntry(
        entry_id=entry_id, category=draft.category, state=draft.state, hot=draft.hot, intent=draft.intent,
        related=draft.related, content=msgspec.to_builtins(draft.content), sort_key=make_sort_key(first.question),
        pack_hash=pack_hash,
    )  # fmt: skip


async def write(work: Executor, shop_id: UUID, entries: list[NewEntry], *, by: UUID | None, by_name: str) -> None:
    """Store new versions under the shop's next stamp; indexes pull what is above the stamp they have seen."""
    stamp = await shop_store.raise_knowledge_stamp(work, shop_id)
    await store.upsert(work, shop_id, entries, stamp=stamp, by=by, by_name=by_name)


async def save_entry(backend: Backend, staff: Staff, entry_id: str | None, draft: EntryDraft) -> Entry:
    """Create an entry, or change the one that the draft was made from; refuses a change made meanwhile."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_EDIT)
    checked = rules.check_draft(draft)
    target = entry_id or new_entry_id()
    async with backend.db.transaction() as work:
        if entry_id is not None:
            held = (await store.lock(work, staff.shop_id, [entry_id])).get(entry_id)
            if held is None:
                raise NotFound("knowledge.not_found")
            if checked.version is not None and checked.version != held.version:
                raise Conflict("knowledge.changed_meanwhile", version=held.version)
        await write(work, staff.shop_id, [as_new(target, checked)], by=staff.staff_id, by_name=staff.name)
        await record_deed(
            work, staff.shop_id, "knowledge.saved", actor_kind="staff", actor_id=staff.staff_id,
            object_kind="knowledge_entry", object_id=target, state=checked.state,
        )  # fmt: skip
        row = await store.find(work, staff.shop_id, target)
    if row is None:
        raise NotFound("knowledge.not_found")
    return as_entry(row, {staff.staff_id: staff.name})


async def archive_entry(backend: Backend, staff: Staff, entry_id: str) -> Entry:
    """Take an entry out of service; it can be restored."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_EDIT)
    row = await store.find(backend.db, staff.shop_id, entry_id)
    if row is None:
        raise NotFound("knowledge.not_found")
    draft = msgspec.convert(
        {"category": row.category, "state": "archived", "content": row.content, "hot": row.hot, "intent": row.intent,
         "related": row.related, "version": row.version},
        EntryDraft,
    )  # fmt: skip
    return await save_entry(backend, staff, entry_id, draft)


async def restore_version(backend: Backend, staff: Staff, entry_id: str, version: int) -> Entry:
    """Make an old version the newest one."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_EDIT)
    versions = {row.version: row for row in await store.list_versions(backend.db, staff.shop_id, entry_id)}
    if version not in versions:
        raise NotFound("knowledge.version_not_found", field="version")
    return await save_entry(backend, staff, entry_id, msgspec.convert(versions[version].snapshot, EntryDraft))
