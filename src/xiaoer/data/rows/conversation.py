"""Rows of a conversation and of its timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class ConversationRow(msgspec.Struct, frozen=True):
    """`seq` counts every event, `public_seq` those the shopper may see; read marks are in `public_seq`."""

    shop_id: UUID
    conversation_id: UUID
    customer_id: UUID
    channel: str
    locale: str
    state: str
    handler: str
    assignee_id: UUID | None
    seq: int
    public_seq: int
    due_seq: int
    answered_seq: int
    lease_epoch: int
    lease_owner: UUID | None
    customer_read_seq: int
    staff_read_seq: int
    unread: int
    context: dict[str, Any]
    dialogue: dict[str, Any]
    summary: dict[str, Any]
    rating: dict[str, Any] | None
    last_text: str
    last_actor: str
    last_message_at: datetime
    waiting_since: datetime | None
    created_at: datetime
    ended_at: datetime | None


class ListedConversationRow(msgspec.Struct, frozen=True):
    """A conversation as lists show it, with the names that its ids stand for."""

    conversation: ConversationRow
    customer_name: str
    is_verified: bool
    assignee_name: str | None


class OwedRow(msgspec.Struct, frozen=True):
    """A conversation as a turn finds it; `pending` are the contents to answer, in order."""

    conversation: ConversationRow
    customer_locale: str
    external_id: str | None
    pending: list[dict[str, Any]]


class EventRow(msgspec.Struct, frozen=True):
    """One numbered step of a timeline. `public_seq` is None where the shopper may not see it."""

    conversation_id: UUID
    seq: int
    public_seq: int | None
    kind: str
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    client_id: str | None
    data: dict[str, Any]
    created_at: datetime


class ReceivedRow(msgspec.Struct, frozen=True):
    """What became of a shopper's message. `is_repeat`: it was stored before, `body_hash` tells with what body."""

    conversation_id: UUID
    seq: int
    public_seq: int
    is_repeat: bool
    body_hash: bytes
    is_granted: bool
    lease_epoch: int


class NewEvent(msgspec.Struct, frozen=True):
    """An event still without a number. `is_public` decides which counters it moves."""

    kind: str
    actor_kind: str
    data: dict[str, Any]
    is_public: bool = True
    actor_id: UUID | None = None
    actor_name: str = ""
    client_id: str | None = None
    body_hash: bytes | None = None
    sealed: tuple[bytes, ...] = ()


class Guard(msgspec.Struct, frozen=True):
    """What must still hold for an append to happen; None asks nothing."""

    state: str | None = None
    handlers: tuple[str, ...] | None = None
    assignee_id: UUID | None = None
    lease_epoch: int | None = None
    due_at_most: int | None = None


class Changes(msgspec.Struct, frozen=True):
    """What an append changes on the conversation row; None leaves a column alone."""

    handler: str | None = None
    state: str | None = None
    assignee_id: UUID | None = None
    answered_seq: int | None = None
    dialogue: dict[str, Any] | None = None
    summary: dict[str, Any] | None = None
    rating: dict[str, Any] | None = None
    last_text: str | None = None
    last_actor: str | None = None
    is_read_by_staff: bool = False
