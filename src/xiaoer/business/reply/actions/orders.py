"""Answers about orders and parcels, and the picker when it is not said which one."""

from __future__ import annotations

from typing import Any

import msgspec

from xiaoer.business.catalog.types import Order
from xiaoer.business.order.ports import ShopPlatform
from xiaoer.business.reply import rules
from xiaoer.business.reply.types import Dialogue

from .speech import Speech

PICKER_LIMIT = 6
LOGISTICS = "logistics"
ORDER_STATUS = "order_status"
# In these states a shopper who asks for an order most likely means that one.
_UNDER_WAY = ("unpaid", "paid", "shipped", "refunding")


async def start(
    speech: Speech, platform: ShopPlatform, dialogue: Dialogue, flow: str, number: str | None
) -> tuple[list[dict[str, Any]], Dialogue]:
    """Begin an order query: with a number or a single order at once, else by the picker."""
    if speech.external_id is None:
        return [speech.text(speech.phrase("order.sign_in"))], msgspec.structs.replace(dialogue, wants=None)
    if number is not None:
        return await show(speech, platform, dialogue, flow, number)
    shop_id = speech.shelf.shop.shop_id
    orders = list(await platform.list_orders(shop_id, speech.external_id, speech.locale, 20))
    if not orders:
        return [speech.text(speech.phrase("order.none"))], dialogue
    if len(orders) == 1:
        return await show(speech, platform, dialogue, flow, orders[0].number)
    ranked = sorted(orders, key=lambda one: one.state not in _UNDER_WAY)[:PICKER_LIMIT]
    picker = {"type": "orders", "text": speech.phrase("order.pick"), "orders": msgspec.to_builtins(ranked)}
    return [picker], msgspec.structs.replace(dialogue, wants=flow)


async def show(
    speech: Speech, platform: ShopPlatform, dialogue: Dialogue, flow: str, number: str
) -> tuple[list[dict[str, Any]], Dialogue]:
    """How one order of this shopper stands, or where its parcel is."""
    shop_id = speech.shelf.shop.shop_id
    order = None
    if speech.external_id is not None:
        order = await platform.find_order(shop_id, speech.external_id, number, speech.locale)
    if order is None:
        return [speech.text(speech.phrase("order.not_found", number=number))], dialogue
    after = msgspec.structs.replace(dialogue, wants=None, number=order.number)
    parcels = list(await platform.list_logistics(shop_id, order.number, speech.locale))
    telling = rules.Telling(speech.now, speech.shelf.shop.timezone, speech.locale, speech.variables())
    if flow == LOGISTICS:
        situation, params = rules.describe_parcel(order, parcels[0] if parcels else None, telling)
        card = _parcel_card(parcels[0]) if parcels else _order_card(order)
    else:
        situation, params = rules.describe_order(order, parcels, telling)
        card = _order_card(order)
    return [speech.text(speech.phrase(situation, **params)), card], after


def _order_card(order: Order) -> dict[str, Any]:
    return {"type": "order", "order": msgspec.to_builtins(order)}


def _parcel_card(parcel: object) -> dict[str, Any]:
    return {"type": "logistics", **msgspec.to_builtins(parcel)}
