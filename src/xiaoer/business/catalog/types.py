"""Goods and orders as everybody shows them: the wire shapes, already in one locale.

They live below their users, so that a conversation can show an order without knowing who keeps it.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from xiaoer.kit.money import Money

# Every state an order can be in, in the order a life takes.
ORDER_STATES = ("unpaid", "paid", "shipped", "delivered", "completed", "cancelled", "refunding", "refunded")


class Product(msgspec.Struct, frozen=True, omit_defaults=True):
    """`price` is the lowest of the variants, `stock` their sum; `image` and `url` are paths."""

    product_id: str
    title: str
    price: Money
    stock: int
    image: str
    url: str
    original_price: Money | None = None
    promotion: str | None = None


class Variant(msgspec.Struct, frozen=True, omit_defaults=True):
    sku: str
    name: str
    price: Money
    stock: int
    original_price: Money | None = None


class Fact(msgspec.Struct, frozen=True):
    name: str
    value: str


class ProductDetail(msgspec.Struct, frozen=True):
    """All that a product's own page shows."""

    product: Product
    category: str
    category_name: str
    subtitle: str
    is_hot: bool
    facts: list[Fact]
    variants: list[Variant]


class Category(msgspec.Struct, frozen=True):
    category: str
    name: str
    count: int


class OrderItem(msgspec.Struct, frozen=True):
    """One line; `price` is that of a single piece."""

    product_id: str
    title: str
    variant: str
    quantity: int
    price: Money
    image: str


class TimelineStep(msgspec.Struct, frozen=True):
    state: str
    label: str
    at: datetime


class Order(msgspec.Struct, frozen=True, omit_defaults=True):
    """`timeline` is what has happened, oldest first; the receiver appears masked only.

    `note` says why an order was cancelled or refunded.
    """

    number: str
    state: str
    state_label: str
    created_at: datetime
    amount: Money
    items: list[OrderItem]
    timeline: list[TimelineStep]
    carrier: str | None = None
    tracking_number: str | None = None
    receiver_masked: str | None = None
    refund_amount: Money | None = None
    note: str | None = None


class Trace(msgspec.Struct, frozen=True):
    at: datetime
    text: str
    place: str


class Logistics(msgspec.Struct, frozen=True):
    """One parcel of an order; `traces` newest first."""

    number: str
    carrier: str
    carrier_phone: str
    tracking_number: str
    state: str
    state_label: str
    traces: list[Trace]
