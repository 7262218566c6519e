"""Rows of the knowledge base."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class EntryRow(msgspec.Struct, frozen=True):
    """`content` is {locale: {question, similar, answer}}; `stamp` orders changes within the shop."""

    shop_id: UUID
    entry_id: str
    category: str
    state: str
    version: int
    hot: int | None
    intent: str | None
    related: list[str]
    content: dict[str, Any]
    sort_key: str
    pack_hash: bytes | None
    stamp: int
    updated_by: UUID | None
    updated_at: datetime
    created_at: datetime


class VersionRow(msgspec.Struct, frozen=True):
    version: int
    snapshot: dict[str, Any]
    changed_by: UUID | None
    changed_by_name: str
    changed_at: datetime


class NewEntry(msgspec.Struct, frozen=True):
    """What an insert or an update of an entry sets."""

    entry_id: str
    category: str
    state: str
    hot: int | None
    intent: str | None
    related: list[str]
    content: dict[str, Any]
    sort_key: str
    pack_hash: bytes | None
