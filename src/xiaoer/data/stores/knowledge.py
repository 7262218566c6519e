"""Knowledge entries, their versions and the changes an index pulls."""

from __future__ import annotations

import base64
from typing import Any
from uuid import UUID

import msgspec

from xiaoer.data.postgres.database import Executor
from xiaoer.data.postgres.listing import Field, Filter, Listing, fetch_page
from xiaoer.data.rows.knowledge import EntryRow, NewEntry, VersionRow
from xiaoer.data.stores.mapping import find_one, list_all

_UPSERT = """
INSERT INTO knowledge_entry (shop_id, entry_id, category, state, version, hot, intent, related, content, sort_key,
                             pack_hash, stamp, updated_by)
SELECT $1, i.entry_id, i.category, i.state, 1, i.hot, i.intent, i.related, i.content, i.sort_key,
       decode(i.pack_hash, 'base64'), $3, $4
FROM jsonb_to_recordset($2) AS i (entry_id text, category text, state text, hot int, intent text, related text[],
                                  content jsonb, sort_key text, pack_hash text)
ON CONFLICT (shop_id, entry_id) DO UPDATE SET
    category = EXCLUDED.category, state = EXCLUDED.state, version = knowledge_entry.version + 1, hot = EXCLUDED.hot,
    intent = EXCLUDED.intent, related = EXCLUDED.related, content = EXCLUDED.content, sort_key = EXCLUDED.sort_key,
    pack_hash = EXCLUDED.pack_hash, stamp = EXCLUDED.stamp, updated_by = EXCLUDED.updated_by, updated_at = now()
RETURNING *
"""
_LOCK = "SELECT * FROM knowledge_entry WHERE shop_id = $1 AND entry_id = ANY ($2) ORDER BY entry_id FOR UPDATE"
_FIND = "SELECT * FROM knowledge_entry WHERE shop_id = $1 AND entry_id = $2"
_LIST_CHANGED = "SELECT * FROM knowledge_entry WHERE shop_id = $1 AND stamp > $2 ORDER BY stamp"
ENTRIES = Listing(
    columns="*",
    source="knowledge_entry WHERE shop_id = $1",
    key=Field("entry_id", "text"),
    fields={
        "words": Field("content::text", "text", ("contains",)),
        "category": Field("category", "text", ("eq",)),
        "state": Field("state", "text", ("eq",)),
        "question": Field("sort_key", "text", is_sortable=True),
    },
    default_sort="question",
)
_COUNT = """
SELECT count(*) FROM knowledge_entry
WHERE shop_id = $1 AND ($2::text IS NULL OR position(lower($2) IN lower(content::text)) > 0)
  AND ($3::text IS NULL OR category = $3) AND ($4::text IS NULL OR state = $4)
"""
_COUNT_BY_CATEGORY = """
SELECT category, count(*) AS n FROM knowledge_entry WHERE shop_id = $1 AND state <> 'archived'
GROUP BY category ORDER BY category
"""
_LIST_ALL = "SELECT * FROM knowledge_entry WHERE shop_id = $1 ORDER BY category, sort_key, entry_id"
_RECORD_VERSION = """
INSERT INTO knowledge_version (shop_id, entry_id, version, snapshot, changed_by, changed_by_name)
SELECT e.shop_id, e.entry_id, e.version,
       jsonb_build_object('category', e.category, 'state', e.state, 'hot', e.hot, 'intent', e.intent,
                          'related', e.related, 'content', e.content), $3, $4
FROM knowledge_entry e WHERE e.shop_id = $1 AND e.entry_id = ANY ($2)
"""
_LIST_VERSIONS = """
SELECT version, snapshot, changed_by, changed_by_name, changed_at FROM knowledge_version
WHERE shop_id = $1 AND entry_id = $2 ORDER BY version DESC LIMIT 100
"""


async def upsert(
    db: Executor, shop_id: UUID, entries: list[NewEntry], *, stamp: int, by: UUID | None, by_name: str
) -> list[EntryRow]:
    """Insert entries or raise their versions, and record each new version. Inside a unit of work."""
    items = [_as_record(entry) for entry in entries]
    rows = await list_all(db, EntryRow, _UPSERT, shop_id, items, stamp, by)
    await db.execute(_RECORD_VERSION, shop_id, [entry.entry_id for entry in entries], by, by_name)
    return rows


def _as_record(entry: NewEntry) -> dict[str, Any]:
    """An entry as the record that the upsert unpacks."""
    hashed = base64.b64encode(entry.pack_hash).decode() if entry.pack_hash else None
    return {**msgspec.structs.asdict(entry), "pack_hash": hashed}


async def lock(db: Executor, shop_id: UUID, entry_ids: list[str]) -> dict[str, EntryRow]:
    """The entries as they stand, held until the unit of work ends."""
    return {row.entry_id: row for row in await list_all(db, EntryRow, _LOCK, shop_id, entry_ids)}


async def find(db: Executor, shop_id: UUID, entry_id: str) -> EntryRow | None:
    return await find_one(db, EntryRow, _FIND, shop_id, entry_id)


async def list_changed(db: Executor, shop_id: UUID, after_stamp: int) -> list[EntryRow]:
    """What an index that has seen `after_stamp` must take in, archived and draft ones included."""
    return await list_all(db, EntryRow, _LIST_CHANGED, shop_id, after_stamp)


async def list_page(
    db: Executor, shop_id: UUID, where: Filter, *, cursor: str | None, limit: int
) -> tuple[list[EntryRow], str | None]:
    """A page in pinyin order of the question, and the cursor of the next."""
    page = await fetch_page(db, ENTRIES, [shop_id], where=where, cursor=cursor, limit=limit)
    return [EntryRow(**item) for item in page.items], page.next_cursor


async def count(db: Executor, shop_id: UUID, *, words: str | None, category: str | None, state: str | None) -> int:
    return int(await db.fetchval(_COUNT, shop_id, words, category, state))


async def count_by_category(db: Executor, shop_id: UUID) -> list[tuple[str, int]]:
    return [(row["category"], row["n"]) for row in await db.fetch(_COUNT_BY_CATEGORY, shop_id)]


async def list_entries(db: Executor, shop_id: UUID) -> list[EntryRow]:
    """Everything, for an export."""
    return await list_all(db, EntryRow, _LIST_ALL, shop_id)


async def list_versions(db: Executor, shop_id: UUID, entry_id: str) -> list[VersionRow]:
    """Newest first, at most 100."""
    return await list_all(db, VersionRow, _LIST_VERSIONS, shop_id, entry_id)
