"""Entries as editors and files hold them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec


class LocaleContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One language of an entry; `answer` is the Markdown subset of `docs/reference/pack-format.md`."""

    question: str
    similar: list[str]
    answer: str


class EntryDraft(msgspec.Struct, frozen=True):
    """What an editor sends. `version` is the one it was made from; absent on a new entry."""

    category: str
    state: str
    content: dict[str, LocaleContent]
    hot: int | None = None
    intent: str | None = None
    related: list[str] = []
    version: int | None = None


class Entry(msgspec.Struct, frozen=True):
    entry_id: str
    category: str
    state: str
    content: dict[str, LocaleContent]
    hot: int | None
    intent: str | None
    related: list[str]
    version: int
    updated_at: datetime
    updated_by_name: str
    from_pack: bool


class EntrySummary(msgspec.Struct, frozen=True):
    entry_id: str
    category: str
    state: str
    version: int
    hot: int | None
    question: str
    locales: list[str]
    similar_count: int
    updated_at: datetime
    updated_by_name: str
    from_pack: bool


class EntryPage(msgspec.Struct, frozen=True):
    items: list[EntrySummary]
    next_cursor: str | None
    total: int


class Category(msgspec.Struct, frozen=True):
    id: str
    name: str
    count: int


class VersionView(msgspec.Struct, frozen=True):
    version: int
    changed_at: datetime
    changed_by_name: str
    snapshot: EntryDraft


class RowError(msgspec.Struct, frozen=True):
    """What is wrong in an import: `row` as the spreadsheet counts, its column, and why."""

    row: int
    column: str
    code: str
    message: str
    params: dict[str, Any] = {}


class ImportReport(msgspec.Struct, frozen=True):
    rows: int
    created: int
    updated: int
    unchanged: int
    errors: list[RowError]
    dry_run: bool
