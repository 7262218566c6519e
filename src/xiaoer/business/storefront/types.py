"""What the built-in shop keeps of an order, and the pack's files that its demo is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

Text = dict[str, str]  # locale → text
OrderState = Literal["unpaid", "paid", "shipped", "delivered", "completed", "cancelled", "refunding", "refunded"]
Course = Literal[
    "normal", "transit", "delivering", "stuck", "station", "failed", "before_shipping", "damaged", "returned"
]
Level = Literal["sprout", "leaf", "tree", "forest"]

# --- detail of an order --------------------------------------------------------------------------


class Line(msgspec.Struct, frozen=True):
    """One line of an order; `price` of a single piece."""

    product_id: str
    sku: str
    title: Text
    variant: Text
    quantity: int
    price: int
    image: str


class Payment(msgspec.Struct, frozen=True):
    method: str
    amount: int
    paid_at: datetime


class Scan(msgspec.Struct, frozen=True):
    """A parcel was seen; `step` is one of `rules.STEP_STATES`."""

    step: str
    at: datetime
    text: Text
    place: Text


class Shipment(msgspec.Struct, frozen=True):
    """`scans` oldest first."""

    carrier: str
    tracking_number: str
    shipped_at: datetime
    scans: list[Scan]
    is_stuck: bool = False


class Moment(msgspec.Struct, frozen=True):
    state: str
    at: datetime


class Refund(msgspec.Struct, frozen=True):
    """`kind` is `refund_only` or `return`; `steps` are what has happened, oldest first."""

    kind: str
    amount: int
    reason: Text
    steps: list[Moment]


class Invoice(msgspec.Struct, frozen=True):
    kind: str
    title: str
    amount: int
    issued_at: datetime


class Receiver(msgspec.Struct, frozen=True):
    name: str
    phone: str
    province: Text
    city: Text
    district: str
    address: str


class OrderDetail(msgspec.Struct, frozen=True):
    """`storefront_order.detail`.

    `seeded`: made by the seed and untouched since, so that a refresh may replace it. Whoever changes an order
    sets it to false.
    """

    seeded: bool
    items: list[Line]
    items_amount: int
    discount: int
    freight: int
    receiver: Receiver
    milestones: list[Moment]
    payment: Payment | None = None
    shipments: list[Shipment] = []
    refunds: list[Refund] = []
    invoice: Invoice | None = None


# --- what the demo's switcher shows --------------------------------------------------------------


class Account(msgspec.Struct, frozen=True):
    """A demo shopper one can sign in as."""

    account_id: str
    name: str
    level: str
    level_name: str
    city: str
    about: str


# --- files of the pack: shop/*.yaml --------------------------------------------------------------


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


class AttributeFile(_File, frozen=True):
    name: Text
    value: Text


class VariantFile(_File, frozen=True):
    sku: str
    name: Text
    price: int
    stock: int
    original_price: int | None = None


class PromotionFile(_File, frozen=True):
    kind: Literal["full_reduction", "limited_time", "gift"]
    text: Text
    threshold: int = 0
    reduction: int = 0


class ProductFile(_File, frozen=True):
    id: str
    title: Text
    subtitle: Text
    image: str
    price: int
    attributes: list[AttributeFile]
    variants: list[VariantFile]
    care: Text
    hot: bool = False
    original_price: int | None = None
    promotion: PromotionFile | None = None


class CategoryFile(_File, frozen=True):
    category: str
    order: int
    name: Text
    products: list[ProductFile]


class City(_File, frozen=True):
    """`via` is the hub on the way, empty for a direct line; `days` from dispatch to delivery."""

    id: str
    name: Text
    province: Text
    days: int
    via: Text = {}
    remote: bool = False


class Person(_File, frozen=True):
    id: str
    name: str
    phone: str
    level: Level
    city: str
    district: str
    address: str
    station: str = "禾邻驿站"
    about: Text = {}


class PeopleFile(_File, frozen=True):
    cities: list[City]
    people: list[Person]


class OrderRecipe(_File, frozen=True):
    """`ago` is `12m`, `5h` or `3d`.

    An item is `p-home-12`, `p-home-12*2` for two pieces, `p-home-12/1` for another variant than the first.
    """

    account: str
    state: OrderState
    ago: str
    items: list[str]
    course: Course = "normal"
    reason: Text = {}
    invoice: str = ""


class CrowdRecipe(_File, frozen=True):
    """`count` orders of everybody but the characters, `ago` between the two."""

    state: OrderState
    count: int
    ago: tuple[str, str]
    course: Course = "normal"


class OrdersFile(_File, frozen=True):
    orders: list[OrderRecipe]
    crowd: list[CrowdRecipe]
    reasons: dict[str, list[Text]]


class ShopFiles(msgspec.Struct, frozen=True):
    """All of a pack's shop."""

    categories: list[CategoryFile]
    people: PeopleFile
    orders: OrdersFile
