"""Filling phrases and answers, and deciding when a person is needed. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from xiaoer.business.catalog.types import Logistics, Order
from xiaoer.kit.money import Money

MISSES_BEFORE_HANDOVER = 2
ANGRY_BEFORE_HANDOVER = 2
REMEMBERED = 6

_VARIABLE = re.compile(r"\{\{\s*([a-z][a-z0-9_]*)\s*\}\}")
_SLOT = re.compile(r"\{(\w+)\}")
_SYMBOLS = {"CNY": "¥", "USD": "$", "EUR": "€", "HKD": "HK$"}


def fill_variables(text: str, values: Mapping[str, str]) -> str:
    """An answer with its `{{name}}` filled; an unknown one stays visible, so that it is noticed."""
    return _VARIABLE.sub(lambda found: values.get(found[1], found[0]), text)


def fill_phrase(variants: Sequence[str], turn: int, **params: object) -> str:
    """One of the variants, in turn, so that the bot does not repeat itself; every slot must be given."""
    template = variants[turn % len(variants)]
    return _SLOT.sub(lambda slot: str(params[slot[1]]), template)


def show_money(money: Money) -> str:
    sign = _SYMBOLS.get(money.currency, money.currency + " ")
    return f"{sign}{money.amount // 100}.{money.amount % 100:02d}"


def show_instant(at: datetime, timezone: str, locale: str) -> str:
    """An instant in the shop's zone, short: 11月20日 15:04, or Nov 20, 15:04."""
    local = at.astimezone(ZoneInfo(timezone))
    if locale == "zh-CN":
        return f"{local.month}月{local.day}日 {local:%H:%M}"
    return f"{local:%b} {local.day}, {local:%H:%M}"


class Telling(msgspec.Struct, frozen=True):
    """When, where and in what language something is told, and the variables that wording needs."""

    now: datetime
    timezone: str
    locale: str
    values: Mapping[str, str]

    def show(self, at: datetime) -> str:
        return show_instant(at, self.timezone, self.locale)

    def ship_by(self, order: Order) -> str:
        """The promised moment of dispatch, or now when that has passed."""
        paid_at = _step_at(order, "paid") or order.created_at
        return self.show(max(paid_at + timedelta(hours=_number(self.values.get("ship_hours"), 48)), self.now))


def _step_at(order: Order, state: str) -> datetime | None:
    return next((step.at for step in order.timeline if step.state == state), None)


def describe_order(order: Order, parcels: Sequence[Logistics], telling: Telling) -> tuple[str, dict[str, object]]:
    """Which phrase says how an order stands, and what fills it."""
    params: dict[str, object] = {"number": order.number}
    match order.state:
        case "unpaid":
            kept = timedelta(minutes=_number(telling.values.get("unpaid_minutes"), 30))
            params["minutes_left"] = max(1, round((order.created_at + kept - telling.now).total_seconds() / 60))
        case "paid":
            params["ship_by"] = telling.ship_by(order)
        case "shipped":
            params["carrier"] = order.carrier or (parcels[0].carrier if parcels else "")
        case "delivered":
            params["signed_at"] = telling.show(_step_at(order, "delivered") or order.created_at)
        case "cancelled":
            params["reason"] = order.note or order.state_label
        case "refunding" | "refunded":
            params["amount"] = show_money(order.refund_amount or order.amount)
    return f"order.status_{order.state}", params


def describe_parcel(order: Order, parcel: Logistics | None, telling: Telling) -> tuple[str, dict[str, object]]:
    """Which phrase says where a parcel is, and what fills it."""
    if parcel is None:
        if order.state == "paid":
            return "logistics.not_shipped", {"number": order.number, "ship_by": telling.ship_by(order)}
        return describe_order(order, [], telling)
    params: dict[str, object] = {"number": order.number, "carrier": parcel.carrier}
    if not parcel.traces:
        return "logistics.no_trace", {"number": order.number}
    latest = parcel.traces[0]
    if parcel.state == "signed":
        receiver = {"zh-CN": "收件人"}.get(telling.locale, "the recipient")
        signed: dict[str, object] = {
            "number": order.number,
            "signed_at": telling.show(latest.at),
            "signed_by": receiver,
        }
        return "logistics.signed", signed
    if parcel.state == "delivering" and parcel.carrier_phone:
        return "logistics.out_for_delivery", params | {"phone": parcel.carrier_phone}
    place = {"last_place": latest.place, "last_at": telling.show(latest.at)}
    return "logistics.in_transit", params | place | {"tracking_number": parcel.tracking_number}


def _number(text: str | None, default: int) -> int:
    return int(text) if text and text.isdigit() else default


def remember(earlier: Sequence[str], new: Sequence[str]) -> list[str]:
    """The last few, for the summary an agent reads."""
    return [*earlier, *new][-REMEMBERED:]


def summarise(
    reason: str, questions: Sequence[str], intents: Sequence[str], number: str | None, context: Mapping[str, Any]
) -> dict[str, Any]:
    """What an agent reads first: why, what was asked, about which order, from which page."""
    return {
        "reason": reason,
        "questions": list(questions),
        "intent": intents[-1] if intents else None,
        "order_numbers": [number] if number else [],
        "last_text": questions[-1] if questions else "",
        "page": {key: context[key] for key in ("title", "url", "product_id") if context.get(key)},
    }
