"""The catalogue and the built-in shop's accounts and orders."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from xiaoer.data.postgres.database import Executor
from xiaoer.data.rows.storefront import AccountRow, OrderRow, ProductRow
from xiaoer.data.stores.mapping import find_one, list_all

_REPLACE_PRODUCTS = """
INSERT INTO product (shop_id, product_id, category, title, sort_key, detail, price, stock)
SELECT $1, i.product_id, i.category, i.title, i.sort_key, i.detail, i.price, i.stock
FROM jsonb_to_recordset($2) AS i (product_id text, category text, title text, sort_key text, detail jsonb,
                                  price bigint, stock int)
ON CONFLICT (shop_id, product_id) DO UPDATE SET category = EXCLUDED.category, title = EXCLUDED.title,
    sort_key = EXCLUDED.sort_key, detail = EXCLUDED.detail, price = EXCLUDED.price, stock = EXCLUDED.stock
"""
_INSERT_ACCOUNTS = """
INSERT INTO storefront_account (shop_id, account_id, name, detail)
SELECT $1, i.account_id, i.name, i.detail
FROM jsonb_to_recordset($2) AS i (account_id text, name text, detail jsonb)
ON CONFLICT DO NOTHING
"""
_INSERT_ORDERS = """
INSERT INTO storefront_order (shop_id, number, account_id, state, amount, currency, detail, created_at)
SELECT $1, i.number, i.account_id, i.state, i.amount, i.currency, i.detail, i.created_at
FROM jsonb_to_recordset($2) AS i (number text, account_id text, state text, amount bigint, currency text,
                                  detail jsonb, created_at timestamptz)
ON CONFLICT DO NOTHING
"""
_FIND_PRODUCT = "SELECT * FROM product WHERE shop_id = $1 AND product_id = $2"
_LIST_PRODUCTS = """
SELECT * FROM product
WHERE shop_id = $1 AND ($2::text IS NULL OR category = $2) AND ($3::text IS NULL OR title ILIKE $3)
ORDER BY sort_key, product_id LIMIT $4
"""
_LIST_ACCOUNTS = "SELECT * FROM storefront_account WHERE shop_id = $1 ORDER BY account_id LIMIT $2"
_FIND_ACCOUNT = "SELECT * FROM storefront_account WHERE shop_id = $1 AND account_id = $2"
_LIST_ORDERS = """
SELECT * FROM storefront_order WHERE shop_id = $1 AND account_id = $2 ORDER BY created_at DESC, number LIMIT $3
"""
_FIND_ORDER = "SELECT * FROM storefront_order WHERE shop_id = $1 AND number = $2"

# Two processes that start together seed one after the other; the second then finds the shop fresh.
_LOCK_SEEDING = "SELECT pg_advisory_xact_lock(hashtextextended('seed-demo-shop:' || $1::text, 0))"
_NEWEST_SEEDED = """
SELECT max(created_at) FROM storefront_order WHERE shop_id = $1 AND detail -> 'seeded' = 'true'::jsonb
"""
_DELETE_SEEDED = "DELETE FROM storefront_order WHERE shop_id = $1 AND detail -> 'seeded' = 'true'::jsonb"


async def lock_seeding(db: Executor, shop_id: UUID) -> None:
    """Let one seeding of a shop after the other look whether it is needed; held until the unit of work ends."""
    await db.execute(_LOCK_SEEDING, str(shop_id))


async def find_newest_seeded(db: Executor, shop_id: UUID) -> datetime | None:
    """When the newest of the seeded orders was made; None where there is none."""
    newest: datetime | None = await db.fetchval(_NEWEST_SEEDED, shop_id)
    return newest


async def delete_seeded(db: Executor, shop_id: UUID) -> None:
    """Remove the orders that seeding made and nobody has changed."""
    await db.execute(_DELETE_SEEDED, shop_id)


async def replace_products(db: Executor, shop_id: UUID, products: list[dict[str, Any]]) -> None:
    """Insert or overwrite products; each has the columns of ProductRow but the shop."""
    await db.execute(_REPLACE_PRODUCTS, shop_id, products)


async def insert_accounts(db: Executor, shop_id: UUID, accounts: list[dict[str, Any]]) -> None:
    await db.execute(_INSERT_ACCOUNTS, shop_id, accounts)


async def insert_orders(db: Executor, shop_id: UUID, orders: list[dict[str, Any]]) -> None:
    await db.execute(_INSERT_ORDERS, shop_id, orders)


async def find_product(db: Executor, shop_id: UUID, product_id: str) -> ProductRow | None:
    return await find_one(db, ProductRow, _FIND_PRODUCT, shop_id, product_id)


async def list_products(
    db: Executor, shop_id: UUID, *, category: str | None, like: str | None, limit: int
) -> list[ProductRow]:
    return await list_all(db, ProductRow, _LIST_PRODUCTS, shop_id, category, like, limit)


async def list_accounts(db: Executor, shop_id: UUID, limit: int) -> list[AccountRow]:
    return await list_all(db, AccountRow, _LIST_ACCOUNTS, shop_id, limit)


async def find_account(db: Executor, shop_id: UUID, account_id: str) -> AccountRow | None:
    return await find_one(db, AccountRow, _FIND_ACCOUNT, shop_id, account_id)


async def list_orders(db: Executor, shop_id: UUID, account_id: str, limit: int) -> list[OrderRow]:
    """Newest first."""
    return await list_all(db, OrderRow, _LIST_ORDERS, shop_id, account_id, limit)


async def find_order(db: Executor, shop_id: UUID, number: str) -> OrderRow | None:
    return await find_one(db, OrderRow, _FIND_ORDER, shop_id, number)
