"""The demo shop as rows, for the tests of this folder."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import msgspec

import xiaoer
from xiaoer.business.storefront.actions.seed import build_rows
from xiaoer.data.rows.storefront import AccountRow, OrderRow, ProductRow

SHOP_DIR = Path(xiaoer.__file__).parent / "packs" / "ecommerce" / "shop"
SHOP_ID = UUID(int=1)
NOON = datetime(2025, 6, 18, 4, 30, tzinfo=UTC)


class Demo(msgspec.Struct, frozen=True):
    now: datetime
    products: list[ProductRow]
    accounts: list[AccountRow]
    orders: list[OrderRow]

    def of(self, account_id: str) -> list[OrderRow]:
        return [order for order in self.orders if order.account_id == account_id]


def make_demo(now: datetime) -> Demo:
    """The demo as the database would give it back."""
    products, accounts, orders = build_rows(SHOP_DIR, now)
    return Demo(
        now=now,
        products=[ProductRow(shop_id=SHOP_ID, **p) for p in products],
        accounts=[AccountRow(shop_id=SHOP_ID, **a) for a in accounts],
        orders=[
            OrderRow(
                shop_id=SHOP_ID,
                **{**o, "created_at": datetime.fromisoformat(o["created_at"])},
                updated_at=now,
            )
            for o in orders
        ],
    )
