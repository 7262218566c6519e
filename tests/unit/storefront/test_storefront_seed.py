"""The demo shop is whole, adds up, and is never ahead of its time."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from storefront_demo import NOON, SHOP_DIR, Demo, make_demo

from xiaoer.business.catalog.types import ORDER_STATES
from xiaoer.business.storefront import rules
from xiaoer.business.storefront.actions.seed import build_rows, load_shop

# After midnight in China, at dawn, in the evening, at the turn of a year, on a leap day.
INSTANTS = [
    datetime(2025, 6, 17, 16, 0, 5, tzinfo=UTC),
    datetime(2025, 6, 17, 22, 10, tzinfo=UTC),
    datetime(2025, 6, 18, 15, 59, 50, tzinfo=UTC),
    datetime(2026, 1, 1, 1, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 8, 0, tzinfo=UTC),
    NOON,
]


def test_there_is_enough_of_everything(demo: Demo) -> None:
    assert len(demo.products) >= 125
    assert len(demo.accounts) >= 64
    assert len(demo.orders) >= 320
    assert len({p.category for p in demo.products}) == 10
    assert set(Counter(o.state for o in demo.orders)) == set(ORDER_STATES)


def test_ids_are_unique(demo: Demo) -> None:
    skus = [v["sku"] for p in demo.products for v in p.detail["variants"]]
    for ids in (
        [p.product_id for p in demo.products], [a.account_id for a in demo.accounts],
        [o.number for o in demo.orders], skus,
    ):  # fmt: skip
        assert len(ids) == len(set(ids))


def test_products_are_complete(demo: Demo) -> None:
    sold_out = 0
    for product in demo.products:
        detail = product.detail
        assert 5 <= len(detail["attributes"]) <= 8, product.product_id
        assert product.price == min(v["price"] for v in detail["variants"]) == detail["price"]
        assert product.stock == sum(v["stock"] for v in detail["variants"]) > 0
        assert detail.get("original_price") is None or detail["original_price"] > product.price
        named = [detail["title"], detail["category_name"], detail["care"]]
        named += [a[k] for a in detail["attributes"] for k in ("name", "value")]
        named += [v["name"] for v in detail["variants"]]
        for text in named:
            assert set(text) == {"zh-CN", "en"}
            assert all(text.values()), product.product_id
            assert not re.search(r"[\u4e00-\u9fff]", text["en"]), text
        sold_out += sum(v["stock"] == 0 for v in detail["variants"])
    assert sold_out > 10


def test_every_product_has_its_picture(demo: Demo, shop_dir: Path) -> None:
    names = {p.detail["image"] for p in demo.products}
    assert names == {path.stem for path in (shop_dir / "images").glob("*.svg")}
    for name in names:
        source = (shop_dir / "images" / f"{name}.svg").read_bytes()
        assert len(source) < 4096
        root = ElementTree.fromstring(source)
        assert root.tag.endswith("svg")
        assert root.get("viewBox") == "0 0 400 400"
        assert not any(node.tag.endswith(("script", "image", "text", "foreignObject")) for node in root.iter())


def test_amounts_add_up(demo: Demo) -> None:
    prices = {v["sku"]: v["price"] for p in demo.products for v in p.detail["variants"]}
    remote = {c.province["zh-CN"] for c in load_shop_cities() if c.remote}
    for order in demo.orders:
        detail = rules.read_detail(order)
        assert all(prices[line.sku] == line.price for line in detail.items)
        assert detail.items_amount == sum(line.price * line.quantity for line in detail.items)
        assert order.amount == detail.items_amount - detail.discount + detail.freight > 0
        far = detail.receiver.province["zh-CN"] in remote
        assert detail.freight == rules.freight_of(detail.items_amount - detail.discount, remote=far)
        assert detail.payment is None or detail.payment.amount == order.amount
        assert all(0 < refund.amount <= order.amount for refund in detail.refunds)
        assert detail.invoice is None or detail.invoice.amount == order.amount
    assert any(rules.read_detail(o).discount for o in demo.orders)
    assert any(rules.read_detail(o).freight for o in demo.orders)


def load_shop_cities() -> list[Any]:
    return load_shop(SHOP_DIR).people.cities


def _instants(value: object) -> Iterator[datetime]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _instants(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _instants(inner)
    elif isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        yield datetime.fromisoformat(value)


@pytest.mark.parametrize("now", INSTANTS, ids=str)
def test_nothing_lies_in_the_future_and_lives_run_forwards(now: datetime) -> None:
    for order in make_demo(now).orders:
        assert order.created_at <= now
        assert all(at <= now for at in _instants(order.detail)), order
        detail = rules.read_detail(order)
        moments = [m.at for m in detail.milestones]
        assert moments == sorted(moments), order
        assert moments[0] == order.created_at
        assert detail.milestones[-1].state == order.state
        for parcel in detail.shipments:
            scans = [scan.at for scan in parcel.scans]
            assert scans == sorted(scans), order
            assert not scans or scans[0] >= parcel.shipped_at
        for refund in detail.refunds:
            steps = [step.at for step in refund.steps]
            assert steps == sorted(steps), order


@pytest.mark.parametrize("now", INSTANTS, ids=str)
def test_parcels_show_what_their_order_says(now: datetime) -> None:
    seen: Counter[str] = Counter()
    for order in make_demo(now).orders:
        for parcel in rules.read_detail(order).shipments:
            assert re.fullmatch(rules.TRACKING_PATTERNS[parcel.carrier], parcel.tracking_number)
            state = rules.parcel_state(parcel)
            seen[state] += 1
            if order.state in {"delivered", "completed", "refunding", "refunded"}:
                assert state in {"signed", "at_station"}
                assert 5 <= len(parcel.scans) <= 9
            else:
                assert order.state == "shipped"
                assert state not in {"signed", "at_station"}
                assert parcel.scans
            if state == "delayed":
                assert now - parcel.scans[-1].at >= timedelta(days=4)
    assert {"in_transit", "delayed", "delivering", "failed", "at_station", "signed"} <= set(seen)


def test_states_have_what_belongs_to_them(demo: Demo) -> None:
    for order in demo.orders:
        detail = rules.read_detail(order)
        assert (detail.payment is None) == (
            order.state == "unpaid" or (order.state == "cancelled" and not detail.refunds)
        )
        assert bool(detail.shipments) or order.state not in {"shipped", "delivered", "completed"}
        if order.state in {"refunding", "refunded"}:
            (refund,) = detail.refunds
            assert (refund.steps[-1].state == "paid") == (order.state == "refunded")


def test_the_characters_come_first_and_show_every_state(demo: Demo) -> None:
    first = demo.accounts[:6]
    assert [a.account_id for a in first] == [f"u{n}" for n in range(1001, 1007)]
    assert all(a.detail["about"] for a in first)
    states = {o.state for a in first for o in demo.of(a.account_id)}
    assert states == set(ORDER_STATES)
    assert {"unpaid", "shipped", "delivered", "refunding"} <= {o.state for o in demo.of("u1001")}


def test_phones_are_fictitious(demo: Demo) -> None:
    assert all(re.fullmatch(r"1380000\d{4}", a.detail["phone"]) for a in demo.accounts)


def test_the_same_instant_gives_the_same_rows(shop_dir: Path) -> None:
    one, two = build_rows(shop_dir, NOON), build_rows(shop_dir, NOON)
    assert json.dumps(one) == json.dumps(two)
    assert json.dumps(build_rows(shop_dir, NOON, seed=2)) != json.dumps(one)


def test_the_next_day_brings_new_numbers(demo: Demo) -> None:
    later = make_demo(NOON + timedelta(days=1, minutes=1))
    assert not {o.number for o in demo.orders} & {o.number for o in later.orders}
    assert all(re.fullmatch(r"QH\d{14}", o.number) for o in later.orders)
