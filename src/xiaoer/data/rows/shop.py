"""Rows of a shop, its files and its audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ShopRow(msgspec.Struct, frozen=True):
    """`identity_secret` is sealed; `settings` holds bot name, greeting, hours, origins, variables."""

    shop_id: UUID
    slug: str
    name: str
    locale: str
    timezone: str
    currency: str
    widget_key: str
    identity_secret: bytes
    settings: dict[str, Any]
    knowledge_stamp: int
    is_demo: bool
    created_at: datetime


class AttachmentRow(msgspec.Struct, frozen=True):
    """A file in a conversation. `customer_id` None: the shop's own material. Sizes in bytes and pixels."""

    shop_id: UUID
    attachment_id: UUID
    customer_id: UUID | None
    staff_id: UUID | None
    name: str
    mime: str
    bytes: int
    width: int | None
    height: int | None
    blob_id: UUID
    created_at: datetime
