"""Rows of the catalogue and of the built-in shop. Money is in minor units."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ProductRow(msgspec.Struct, frozen=True):
    """`price` is the lowest of the variants, `stock` their sum; the rest is in `detail`."""

    shop_id: UUID
    product_id: str
    category: str
    title: str
    sort_key: str
    detail: dict[str, Any]
    price: int
    stock: int


class AccountRow(msgspec.Struct, frozen=True):
    shop_id: UUID
    account_id: str
    name: str
    detail: dict[str, Any]


class OrderRow(msgspec.Struct, frozen=True):
    shop_id: UUID
    number: str
    account_id: str
    state: str
    amount: int
    currency: str
    detail: dict[str, Any]
    created_at: datetime
    updated_at: datetime
