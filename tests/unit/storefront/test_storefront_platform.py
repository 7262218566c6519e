"""The built-in shop as a shop platform: who may see which order."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

import pytest
from storefront_demo import SHOP_ID, Demo

from xiaoer.business.order.ports import ShopPlatform
from xiaoer.business.storefront.queries import Storefront, list_accounts
from xiaoer.data.rows.storefront import AccountRow, OrderRow, ProductRow
from xiaoer.data.stores import storefront as store


@pytest.fixture
def backend(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Any:
    async def find_order(_db: object, shop_id: UUID, number: str) -> OrderRow | None:
        return next((o for o in demo.orders if (o.shop_id, o.number) == (shop_id, number)), None)

    async def list_orders(_db: object, shop_id: UUID, account_id: str, limit: int) -> list[OrderRow]:
        found = [o for o in demo.of(account_id) if o.shop_id == shop_id]
        return sorted(found, key=lambda o: o.created_at, reverse=True)[:limit]

    async def find_product(_db: object, shop_id: UUID, product_id: str) -> ProductRow | None:
        return next((p for p in demo.products if p.product_id == product_id), None)

    async def accounts(_db: object, _shop_id: UUID, limit: int) -> list[AccountRow]:
        return demo.accounts[:limit]

    monkeypatch.setattr(store, "find_order", find_order)
    monkeypatch.setattr(store, "list_orders", list_orders)
    monkeypatch.setattr(store, "find_product", find_product)
    monkeypatch.setattr(store, "list_accounts", accounts)
    return SimpleNamespace(db=None)


@pytest.fixture
def platform(backend: Any) -> ShopPlatform:
    return cast(ShopPlatform, Storefront(backend))


async def test_own_orders_newest_first(platform: ShopPlatform, demo: Demo) -> None:
    orders = await platform.list_orders(SHOP_ID, "u1001", "zh-CN", 20)
    assert orders[0].number == max(demo.of("u1001"), key=lambda o: o.created_at).number
    assert len(orders) == len(demo.of("u1001"))
    assert len(await platform.list_orders(SHOP_ID, "u1001", "zh-CN", 2)) == 2
    assert await platform.list_orders(SHOP_ID, "nobody", "zh-CN", 20) == []


async def test_a_foreign_order_answers_like_a_missing_one(platform: ShopPlatform, demo: Demo) -> None:
    number = demo.of("u1002")[0].number
    own = await platform.find_order(SHOP_ID, "u1002", number, "en")
    assert own is not None
    assert own.number == number
    assert await platform.find_order(SHOP_ID, "u1001", number, "en") is None
    assert await platform.find_order(SHOP_ID, "", number, "en") is None
    assert await platform.find_order(SHOP_ID, "u1001", "QH20200101000000", "en") is None
    assert await platform.find_order(SHOP_ID, "u1001", "%", "en") is None
    assert await platform.find_order(UUID(int=2), "u1002", number, "en") is None
    assert await platform.find_order(SHOP_ID, None, f" {number.lower()} ", "en") == own


async def test_logistics_of_an_order(platform: ShopPlatform, demo: Demo) -> None:
    shipped = next(o for o in demo.of("u1001") if o.state == "shipped")
    (parcel,) = await platform.list_logistics(SHOP_ID, shipped.number, "zh-CN")
    assert parcel.state == "in_transit"
    assert parcel.traces[0].at >= parcel.traces[-1].at
    unpaid = next(o for o in demo.of("u1001") if o.state == "unpaid")
    assert await platform.list_logistics(SHOP_ID, unpaid.number, "zh-CN") == []
    assert await platform.list_logistics(SHOP_ID, "QH20200101000000", "zh-CN") == []


async def test_products_by_id(platform: ShopPlatform) -> None:
    found = await platform.find_product(SHOP_ID, "p-food-01", "zh-CN")
    assert found is not None
    assert "芒果" in found.title
    assert await platform.find_product(SHOP_ID, "p-none-01", "zh-CN") is None


async def test_the_switcher_starts_with_the_characters(backend: Any) -> None:
    accounts = await list_accounts(backend, SHOP_ID, "en", 6)
    assert accounts[0].about.startswith("Office worker")
