"""The principal of the widget, and the identity a shop signs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec


class Visitor(msgspec.Struct, frozen=True):
    """Somebody at a widget. `is_verified`: the shop signed who they are; `external_id` is then the shop's id."""

    shop_id: UUID
    customer_id: UUID
    is_verified: bool
    name: str
    locale: str
    external_id: str | None


class Identity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a shop's server says of its signed-in shopper; `expires_at` in Unix seconds."""

    user_id: str
    name: str
    expires_at: int
    signature: str


class VisitorWelcome(msgspec.Struct, frozen=True):
    token: str
    customer_id: UUID
    is_verified: bool
    name: str
    locale: str


class CustomerView(msgspec.Struct, frozen=True):
    customer_id: UUID
    name: str
    is_verified: bool
    external_id: str | None
    locale: str
    created_at: datetime
    last_seen_at: datetime
