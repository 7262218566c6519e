"""Putting the demo shop into the database, and keeping its dates from going stale."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Executor
from xiaoer.data.stores import storefront as store

from .seed import build_rows

SHOP_DIR = Path(__file__).parents[3] / "packs" / "ecommerce" / "shop"
IMAGES_DIR = SHOP_DIR / "images"
STALE_AFTER = timedelta(hours=24)
_CHUNK = 100


async def seed_demo_shop(backend: Backend, work: Executor, shop_id: UUID) -> bool:
    """Fill a demo shop, or renew it once its newest seeded order is older than a day; whether it did.

    Call it in a transaction at every start. Goods are overwritten, known shoppers stay, and seeded orders are
    replaced by ones that count back from now, under new numbers. An order that was changed since
    (`detail.seeded` is false) or was never seeded stays as it is.
    """
    now = backend.clock.now()
    await store.lock_seeding(work, shop_id)
    newest = await store.find_newest_seeded(work, shop_id)
    if newest is not None and now - newest <= STALE_AFTER:
        return False
    products, accounts, orders = await asyncio.to_thread(build_rows, SHOP_DIR, now)
    await store.delete_seeded(work, shop_id)
    for rows, insert in (
        (products, store.replace_products), (accounts, store.insert_accounts), (orders, store.insert_orders)
    ):  # fmt: skip
        for chunk in _chunks(rows):
            await insert(work, shop_id, chunk)
    return True


def _chunks(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
