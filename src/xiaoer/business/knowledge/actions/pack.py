"""Filling a shop's empty knowledge from a pack, and bringing a newer pack to what the shop has not edited."""

from __future__ import annotations

import hashlib
from uuid import UUID

import msgspec

from xiaoer.business.knowledge.types import EntryDraft, LocaleContent
from xiaoer.data.postgres.database import Executor
from xiaoer.data.rows.knowledge import NewEntry
from xiaoer.data.stores import knowledge as store
from xiaoer.intelligence.packs.types import Pack

from .entries import as_new, write


def draft_entries(pack: Pack) -> list[NewEntry]:
    """The pack's entries as a shop stores them, each with the hash of what the pack says."""
    entries = []
    for category in pack.categories:
        for one in category.entries:
            content = {
                locale: LocaleContent(question, list(one.similar.get(locale, ())), one.answer[locale])
                for locale, question in one.question.items()
            }
            draft = EntryDraft(
                category=category.category, state="published", content=content, hot=one.hot, intent=one.intent,
                related=list(one.related),
            )  # fmt: skip
            digest = hashlib.sha256(msgspec.json.encode(draft)).digest()
            entries.append(as_new(one.id, draft, pack_hash=digest))
    return entries


async def stock_from_pack(work: Executor, shop_id: UUID, pack: Pack) -> int:
    """Add what is missing and renew what the shop left as it came; an edited entry stays. Returns how many changed.

    An edit clears `pack_hash`, which is how an entry of the pack is known to be the shop's own now.
    """
    offered = draft_entries(pack)
    held = await store.lock(work, shop_id, [entry.entry_id for entry in offered])
    wanted = [
        entry
        for entry in offered
        if entry.entry_id not in held or held[entry.entry_id].pack_hash not in (None, entry.pack_hash)
    ]
    if wanted:
        await write(work, shop_id, wanted, by=None, by_name=f"{pack.manifest.id} {pack.manifest.version}")
    return len(wanted)
