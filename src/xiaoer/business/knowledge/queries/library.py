"""The shelves that answer shoppers: for each shop, in each process, the published entries and an index over them.

A shelf is immutable; `Library.refresh` pulls what changed above the stamp it has seen and puts a new shelf in its
place, so a search never sees half a change.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

import msgspec

from xiaoer.business.knowledge.types import LocaleContent
from xiaoer.business.shop.queries import as_shop
from xiaoer.business.shop.types import Shop
from xiaoer.data.backend import Backend
from xiaoer.data.rows.knowledge import EntryRow
from xiaoer.data.stores import knowledge as store
from xiaoer.data.stores import shop as shop_store
from xiaoer.intelligence.dialogue.types import Context, Understanding
from xiaoer.intelligence.dialogue.understand import understand
from xiaoer.intelligence.packs.runtime import Models
from xiaoer.intelligence.retrieval.index import Index
from xiaoer.intelligence.retrieval.search import Knowledge
from xiaoer.intelligence.retrieval.types import EntryText
from xiaoer.kit.errors import NotFound


class ShelfEntry(msgspec.Struct, frozen=True):
    """A published entry, ready to be answered with."""

    entry_id: str
    category: str
    hot: int | None
    related: tuple[str, ...]
    content: dict[str, LocaleContent]

    def pick(self, locale: str) -> LocaleContent:
        """The content in that language, else in Chinese, else in whichever there is."""
        return self.content.get(locale) or self.content.get("zh-CN") or next(iter(self.content.values()))


class Shelf(msgspec.Struct, frozen=True):
    """What one shop knows, at one stamp."""

    shop: Shop
    stamp: int
    knowledge: Knowledge
    entries: dict[str, ShelfEntry]

    def understand(self, models: Models, text: str, context: Context) -> Understanding:
        """What a sentence means to this shop."""
        return understand(text, models.with_knowledge(self.knowledge), context)


def _entry(row: EntryRow) -> ShelfEntry:
    return ShelfEntry(
        entry_id=row.entry_id, category=row.category, hot=row.hot, related=tuple(row.related),
        content=msgspec.convert(row.content, dict[str, LocaleContent]),
    )  # fmt: skip


def _searched(entry: ShelfEntry) -> EntryText:
    contents = entry.content.values()
    phrasings = tuple(text for one in contents for text in (one.question, *one.similar))
    return EntryText(phrasings, "\n".join(one.answer for one in contents))


class Library:
    """The shelves of one process, and the models of the pack they were started from."""

    def __init__(self, models: Models) -> None:
        self.models = models
        self._shelves: dict[UUID, Shelf] = {}
        self._locks: dict[UUID, asyncio.Lock] = {}

    async def get_shelf(self, backend: Backend, shop_id: UUID) -> Shelf:
        """The shop's shelf, built on first use; raises NotFound for an unknown shop."""
        shelf = self._shelves.get(shop_id)
        return shelf if shelf is not None else await self.refresh(backend, shop_id)

    async def refresh(self, backend: Backend, shop_id: UUID) -> Shelf:
        """Take in what changed; one at a time per shop."""
        async with self._locks.setdefault(shop_id, asyncio.Lock()):
            shelf = self._shelves.get(shop_id)
            row = await shop_store.find(backend.db, shop_id)
            if row is None:
                raise NotFound("shop.not_found")
            if shelf is not None and shelf.stamp == row.knowledge_stamp:
                return shelf
            rows = await store.list_changed(backend.db, shop_id, shelf.stamp if shelf else -1)
            fresh = _renewed(shelf, as_shop(row), rows, self.models)
            self._shelves[shop_id] = fresh
            return fresh

    async def refresh_changed(self, backend: Backend) -> list[UUID]:
        """Refresh the shelves whose stamp has risen; called twice a second. Returns which."""
        stamps = await shop_store.list_knowledge_stamps(backend.db)
        stale = [shop_id for shop_id, shelf in self._shelves.items() if stamps.get(shop_id, -1) != shelf.stamp]
        for shop_id in stale:
            if shop_id in stamps:
                await self.refresh(backend, shop_id)
            else:
                del self._shelves[shop_id]
        return stale


def _renewed(shelf: Shelf | None, shop: Shop, rows: list[EntryRow], models: Models) -> Shelf:
    entries = dict(shelf.entries) if shelf else {}
    changes: dict[str, EntryText | None] = {}
    for row in rows:
        if row.state == "published":
            entries[row.entry_id] = _entry(row)
            changes[row.entry_id] = _searched(entries[row.entry_id])
        elif entries.pop(row.entry_id, None) is not None:
            changes[row.entry_id] = None
    if shelf is None:
        built = Index.build({entry_id: text for entry_id, text in changes.items() if text is not None})
        knowledge = models.knowledge.with_index(built)
    else:
        knowledge = shelf.knowledge.with_changes(changes) if changes else shelf.knowledge
    # The stamp of the shop row was read first: a change committed in between is taken in again next time.
    return Shelf(shop=shop, stamp=shop.knowledge_stamp, knowledge=knowledge, entries=entries)
