"""What the platform that keeps a shop's goods and orders must answer."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from .types import Logistics, Order, Product


class ShopPlatform(Protocol):
    """Reads only. An order that is missing and one that is somebody else's answer alike: None, or nothing."""

    async def list_orders(self, shop_id: UUID, external_id: str, locale: str, limit: int) -> list[Order]:
        """A shopper's orders, newest first."""

    async def find_order(self, shop_id: UUID, external_id: str | None, number: str, locale: str) -> Order | None:
        """One order: that shopper's, or anybody's in the shop (staff) when `external_id` is None."""

    async def list_logistics(self, shop_id: UUID, number: str, locale: str) -> list[Logistics]:
        """An order's parcels. The caller has found the order and so knows that it may be seen."""

    async def find_product(self, shop_id: UUID, product_id: str, locale: str) -> Product | None:
        """One product."""
