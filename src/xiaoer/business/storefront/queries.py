"""Reading the built-in shop: its demo shoppers and their orders. `Storefront` answers as a shop platform."""

from __future__ import annotations

from uuid import UUID

from xiaoer.business.catalog import queries as catalog
from xiaoer.business.catalog.types import Logistics, Order, Product
from xiaoer.data.backend import Backend
from xiaoer.data.rows.storefront import OrderRow
from xiaoer.data.stores import storefront as store

from . import rules
from .types import Account

_MAX_ORDERS = 100


async def list_accounts(backend: Backend, shop_id: UUID, locale: str, limit: int = 100) -> list[Account]:
    """Whom one may sign in as, the characters first. The caller checks that the shop is a demo."""
    return [rules.as_account(row, locale) for row in await store.list_accounts(backend.db, shop_id, limit)]


async def find_account(backend: Backend, shop_id: UUID, account_id: str, locale: str) -> Account | None:
    row = await store.find_account(backend.db, shop_id, account_id)
    return None if row is None else rules.as_account(row, locale)


class Storefront:
    """`order.ports.ShopPlatform` over the built-in shop's tables."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def list_orders(self, shop_id: UUID, external_id: str, locale: str, limit: int) -> list[Order]:
        """A shopper's orders, newest first."""
        capped = min(max(limit, 1), _MAX_ORDERS)
        rows = await store.list_orders(self._backend.db, shop_id, external_id, capped)
        return [rules.as_order(row, locale) for row in rows]

    async def find_order(self, shop_id: UUID, external_id: str | None, number: str, locale: str) -> Order | None:
        """One order; with an `external_id` somebody else's answers like a missing one."""
        row = await self._find(shop_id, number)
        if row is None or (external_id is not None and row.account_id != external_id):
            return None
        return rules.as_order(row, locale)

    async def list_logistics(self, shop_id: UUID, number: str, locale: str) -> list[Logistics]:
        """The parcels of an order that the caller has found for the one who asks."""
        row = await self._find(shop_id, number)
        return [] if row is None else rules.as_logistics(row, locale)

    async def find_product(self, shop_id: UUID, product_id: str, locale: str) -> Product | None:
        return await catalog.find_product(self._backend, shop_id, product_id, locale)

    async def _find(self, shop_id: UUID, number: str) -> OrderRow | None:
        kept = rules.normalise_number(number)
        return None if kept is None else await store.find_order(self._backend.db, shop_id, kept)
