"""What contents need from the shop: cards of goods, orders and parcels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from xiaoer.business.catalog.types import Logistics, Order, Product


class Cards(Protocol):
    """The connected shop as far as cards go. `external_id` None asks on behalf of staff."""

    async def find_product(self, shop_id: UUID, product_id: str, locale: str) -> Product | None: ...

    async def find_order(self, shop_id: UUID, external_id: str | None, number: str, locale: str) -> Order | None: ...

    async def list_logistics(self, shop_id: UUID, number: str, locale: str) -> Sequence[Logistics]: ...
