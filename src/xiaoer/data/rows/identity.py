"""Rows of people: staff, customers and the sessions that prove who they are."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class StaffRow(msgspec.Struct, frozen=True):
    shop_id: UUID
    staff_id: UUID
    email: str
    name: str
    role: str
    password_hash: str
    locale: str
    last_seen_at: datetime | None
    disabled_at: datetime | None
    created_at: datetime


class CustomerRow(msgspec.Struct, frozen=True):
    """`external_id` is the shop's own id of a shopper and is there only when the shop signed it."""

    shop_id: UUID
    customer_id: UUID
    external_id: str | None
    name: str
    locale: str
    merged_into: UUID | None
    created_at: datetime
    last_seen_at: datetime


class VisitorRow(msgspec.Struct, frozen=True):
    """A visitor's session with the customer it stands for."""

    shop_id: UUID
    customer_id: UUID
    is_verified: bool
    name: str
    locale: str
    external_id: str | None
