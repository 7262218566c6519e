"""Reading the catalogue."""

from __future__ import annotations

from uuid import UUID

from xiaoer.data.backend import Backend
from xiaoer.data.stores import storefront as store

from . import rules
from .types import Category, Product, ProductDetail

_MAX = 200
_ALL = 1000


async def list_products(
    backend: Backend,
    shop_id: UUID,
    locale: str,
    *,
    category: str | None = None,
    text: str | None = None,
    limit: int = _MAX,
) -> list[Product]:
    """Goods in the shop's order, the most wanted of a category first; `text` is looked for in every title."""
    rows = await store.list_products(
        backend.db,
        shop_id,
        category=category or None,
        like=rules.search_pattern(text),
        limit=min(max(limit, 1), _MAX),
    )
    return [rules.as_product(row, locale) for row in rows]


async def find_product(backend: Backend, shop_id: UUID, product_id: str, locale: str) -> Product | None:
    row = await store.find_product(backend.db, shop_id, product_id)
    return None if row is None else rules.as_product(row, locale)


async def find_product_detail(backend: Backend, shop_id: UUID, product_id: str, locale: str) -> ProductDetail | None:
    row = await store.find_product(backend.db, shop_id, product_id)
    return None if row is None else rules.as_detail(row, locale)


async def list_categories(backend: Backend, shop_id: UUID, locale: str) -> list[Category]:
    rows = await store.list_products(backend.db, shop_id, category=None, like=None, limit=_ALL)
    return rules.as_categories(rows, locale)
