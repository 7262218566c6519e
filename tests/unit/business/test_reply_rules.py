"""How the bot words what it knows of an order, and fills answers and phrases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from xiaoer.business.catalog.types import Logistics, Order, TimelineStep, Trace
from xiaoer.business.reply import rules
from xiaoer.kit.money import Money

NOW = datetime(2026, 11, 20, 7, 4, tzinfo=UTC)
TELLING = rules.Telling(NOW, "Asia/Shanghai", "zh-CN", {"ship_hours": "24", "unpaid_minutes": "30"})


def an_order(state: str, **changes: Any) -> Order:
    values: dict[str, Any] = {
        "number": "QH1", "state": state, "state_label": "状态", "created_at": NOW - timedelta(minutes=10),
        "amount": Money(12990), "items": [], "timeline": [],
    }  # fmt: skip
    return Order(**values | changes)


def a_parcel(state: str, *traces: Trace, phone: str = "95338") -> Logistics:
    return Logistics("QH1", "顺丰", phone, "SF1", state, "状态", list(traces))


TRACE = Trace(NOW - timedelta(hours=1), "到达", "杭州")


@pytest.mark.parametrize(
    ("order", "params"),
    [
        (an_order("unpaid"), {"minutes_left": 20}),
        (an_order("unpaid", created_at=NOW - timedelta(hours=9)), {"minutes_left": 1}),
        (an_order("paid"), {"ship_by": "11月21日 14:54"}),
        (an_order("paid", timeline=[TimelineStep("paid", "", NOW)]), {"ship_by": "11月21日 15:04"}),
        (an_order("paid", created_at=NOW - timedelta(days=9)), {"ship_by": "11月20日 15:04"}),
        (an_order("shipped", carrier="顺丰"), {"carrier": "顺丰"}),
        (an_order("delivered", timeline=[TimelineStep("delivered", "", NOW)]), {"signed_at": "11月20日 15:04"}),
        (an_order("cancelled", note="超时未付"), {"reason": "超时未付"}),
        (an_order("cancelled"), {"reason": "状态"}),
        (an_order("refunding", refund_amount=Money(990)), {"amount": "¥9.90"}),
        (an_order("refunded"), {"amount": "¥129.90"}),
        (an_order("completed"), {}),
    ],
)
def test_each_state_has_its_phrase(order: Order, params: dict[str, object]) -> None:
    assert rules.describe_order(order, [], TELLING) == (f"order.status_{order.state}", {"number": "QH1"} | params)


@pytest.mark.parametrize(
    ("state", "parcel", "situation"),
    [
        ("paid", None, "logistics.not_shipped"),
        ("cancelled", None, "order.status_cancelled"),
        ("shipped", a_parcel("waiting"), "logistics.no_trace"),
        ("shipped", a_parcel("in_transit", TRACE), "logistics.in_transit"),
        ("shipped", a_parcel("delayed", TRACE), "logistics.in_transit"),
        ("shipped", a_parcel("delivering", TRACE), "logistics.out_for_delivery"),
        ("shipped", a_parcel("delivering", TRACE, phone=""), "logistics.in_transit"),
        ("delivered", a_parcel("signed", TRACE), "logistics.signed"),
    ],
)
def test_each_parcel_has_its_phrase(state: str, parcel: Logistics | None, situation: str) -> None:
    found, params = rules.describe_parcel(an_order(state), parcel, TELLING)
    assert found == situation
    assert params["number"] == "QH1"
    assert not [value for value in params.values() if value in ("", None)]


def test_unknown_variables_stay_visible_and_values_are_not_filled_again() -> None:
    values = {"a": "{{b}}", "b": "2"}
    assert rules.fill_variables("{{a}} {{ b }} {{c}} {b}", values) == "{{b}} 2 {{c}} {b}"


def test_phrases_come_in_turn_and_every_slot_must_be_given() -> None:
    variants = ["甲{n}", "乙{n}"]
    assert [rules.fill_phrase(variants, turn, n=1) for turn in range(3)] == ["甲1", "乙1", "甲1"]
    assert rules.fill_phrase(["{a}"], 0, a="{b}") == "{b}"
    with pytest.raises(KeyError):
        rules.fill_phrase(variants, 0)


@pytest.mark.parametrize(
    ("money", "text"),
    [(Money(0), "¥0.00"), (Money(5), "¥0.05"), (Money(123456), "¥1234.56"), (Money(100, "USD"), "$1.00")],
)
def test_money_is_shown(money: Money, text: str) -> None:
    assert rules.show_money(money) == text


def test_instants_are_shown_in_the_shops_zone() -> None:
    late = datetime(2026, 11, 20, 16, 30, tzinfo=UTC)
    assert rules.show_instant(late, "Asia/Shanghai", "zh-CN") == "11月21日 00:30"
    assert rules.show_instant(late, "Asia/Shanghai", "en") == "Nov 21, 00:30"
    assert rules.show_instant(late, "America/New_York", "en") == "Nov 20, 11:30"


def test_only_the_last_few_are_remembered() -> None:
    assert rules.remember(["a"] * 9, ["b"]) == ["a"] * 5 + ["b"]


def test_the_summary_tells_why_what_and_where_from() -> None:
    context = {"title": "茶杯", "url": "", "product_id": None, "other": "x"}
    summary = rules.summarise("asked", ["在吗", "退货"], ["return"], "QH1", context)
    assert summary == {
        "reason": "asked", "questions": ["在吗", "退货"], "intent": "return", "order_numbers": ["QH1"],
        "last_text": "退货", "page": {"title": "茶杯"},
    }  # fmt: skip
    assert rules.summarise("asked", [], [], None, {})["last_text"] == ""
