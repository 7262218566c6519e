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

SHOP_DIR = Path(__file__).parents[2] / "packs" / "ecommerce" / "shop"
IMAGES_DIR = SHOP_DIR / "images"
STALE_AFTER = timedelta(hours=24)
_CHUNK = 100

# Two processes that start together seed one after the other; the second then finds the shop fresh.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('seed-demo-shop:' || $1::text, 0))"
_NEWEST_SEEDED = """
SELECT max(created_at) AS newest FROM storefront_order WHERE shop_id = $1 AND detail->'seeded' = 'true'::jsonb
"""
_DELETE_SEEDED = "DELETE FROM storefront_order WHERE shop_id = $1 AND detail->'seeded' = 'true'::jsonb"


async def seed_demo_shop(backend: Backend, work: Executor, shop_id: UUID) -> bool:
    """Fill a demo shop, or renew it once its newest seeded order is older than a day; whether it did anything.

    Call it in a transaction at every start. Goods are overwritten, known shoppers stay, and seeded orders are
    replaced by ones that count back from now, under new numbers. An order that was changed since
    (`detail.seeded` is false) or was never seeded stays as it is.
    """
    now = backend.clock.now()
    await work.execute(_LOCK, str(shop_id))
    record = await work.fetchrow(_NEWEST_SEEDED, shop_id)
    newest = record["newest"] if record is not None else None
    if newest is not None and now - newest <= STALE_AFTER:
        return False
    products, accounts, orders = await asyncio.to_thread(build_rows, SHOP_DIR, now)
    await work.execute(_DELETE_SEEDED, shop_id)
    for rows, insert in (
        (products, store.replace_products), (accounts, store.insert_accounts), (orders, store.insert_orders)
    ):  # fmt: skip
        for chunk in _chunks(rows):
            await insert(work, shop_id, chunk)
    return True


def _chunks(rows: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [rows[start : start + _CHUNK] for start in range(0, len(rows), _CHUNK)]
