"""Reading shops."""

from __future__ import annotations

from uuid import UUID

import msgspec

from xiaoer.data.backend import Backend
from xiaoer.data.rows.shop import ShopRow
from xiaoer.data.stores import shop as store
from xiaoer.kit.errors import NotFound

from .types import Settings, Shop, ShopView


def as_shop(row: ShopRow) -> Shop:
    return Shop(
        shop_id=row.shop_id, slug=row.slug, name=row.name, locale=row.locale, timezone=row.timezone,
        currency=row.currency, widget_key=row.widget_key, settings=msgspec.convert(row.settings, Settings),
        knowledge_stamp=row.knowledge_stamp, is_demo=row.is_demo,
    )  # fmt: skip


def as_view(shop: Shop) -> ShopView:
    return ShopView(
        shop_id=shop.shop_id, name=shop.name, locale=shop.locale, timezone=shop.timezone, currency=shop.currency,
        widget_key=shop.widget_key, is_demo=shop.is_demo, settings=msgspec.to_builtins(shop.settings),
    )  # fmt: skip


async def get_shop(backend: Backend, shop_id: UUID) -> Shop:
    row = await store.find(backend.db, shop_id)
    if row is None:
        raise NotFound("shop.not_found")
    return as_shop(row)


async def get_shop_by_widget_key(backend: Backend, widget_key: str) -> Shop:
    row = await store.find_by_widget_key(backend.db, widget_key)
    if row is None:
        raise NotFound("shop.not_found")
    return as_shop(row)


async def get_identity_secret(backend: Backend, shop_id: UUID) -> str:
    """The key a shop signs its shoppers' identities with. The caller has checked who asks."""
    row = await store.find(backend.db, shop_id)
    if row is None:
        raise NotFound("shop.not_found")
    return open_secret(backend, row)


def open_secret(backend: Backend, row: ShopRow) -> str:
    return backend.sealer.open(row.shop_id, "shop", "identity_secret", str(row.shop_id), row.identity_secret).decode()


async def find_demo_shop(backend: Backend) -> Shop | None:
    """The demo shop, where there is one."""
    return next((as_shop(row) for row in await store.list_shops(backend.db) if row.is_demo), None)
