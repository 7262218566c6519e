"""Shapes of contents, events and snapshots, as they go over the wire (`docs/reference/wire.md`)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import msgspec

ClientId = Annotated[str, msgspec.Meta(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9_.:\-]+$")]


class SendText(msgspec.Struct, frozen=True, tag="text", forbid_unknown_fields=True):
    text: str


class SendImage(msgspec.Struct, frozen=True, tag="image", forbid_unknown_fields=True):
    attachment_id: UUID


class SendFile(msgspec.Struct, frozen=True, tag="file", forbid_unknown_fields=True):
    attachment_id: UUID


class SendPress(msgspec.Struct, frozen=True, tag="press", forbid_unknown_fields=True):
    """A button or a picker's order, `id`, of the message with public number `seq`."""

    seq: Annotated[int, msgspec.Meta(ge=0, le=2**62)]
    id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class SendProduct(msgspec.Struct, frozen=True, tag="product", forbid_unknown_fields=True):
    product_id: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class SendOrder(msgspec.Struct, frozen=True, tag="order", forbid_unknown_fields=True):
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


class SendLogistics(msgspec.Struct, frozen=True, tag="logistics", forbid_unknown_fields=True):
    """The traces of an order's parcel; only staff send it."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=60)]


VisitorContent = SendText | SendImage | SendFile | SendPress | SendProduct | SendOrder
StaffContent = SendText | SendImage | SendFile | SendProduct | SendOrder | SendLogistics


class PageContext(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the shopper is looking at."""

    url: Annotated[str, msgspec.Meta(max_length=2000)] = ""
    title: Annotated[str, msgspec.Meta(max_length=300)] = ""
    product_id: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class Actor(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    name: str = ""
    id: UUID | None = None


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a timeline. For a shopper `seq` is the public number and `public_seq` is absent."""

    seq: int
    kind: str
    at: datetime
    actor: Actor
    data: dict[str, Any]
    public_seq: int | None = None
    client_id: str | None = None
    conversation_id: UUID | None = None


class Rating(msgspec.Struct, frozen=True):
    score: int
    tags: list[str]
    comment: str


class QueuePlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """`position` counts from 1; `wait_minutes` is absent while too little is known to be honest."""

    position: int
    wait_minutes: int | None = None


class VisitorConversation(msgspec.Struct, frozen=True):
    conversation_id: UUID
    state: str
    handler: str
    staff_name: str | None
    public_seq: int
    customer_read_seq: int
    staff_read_seq: int
    rating: Rating | None
    queue: QueuePlace | None
    created_at: datetime


class VisitorSnapshot(msgspec.Struct, frozen=True):
    conversation: VisitorConversation | None
    events: list[Event]
    has_more: bool


class CustomerBrief(msgspec.Struct, frozen=True):
    customer_id: UUID
    name: str
    is_verified: bool


class Assignee(msgspec.Struct, frozen=True):
    staff_id: UUID
    name: str


class ConversationSummary(msgspec.Struct, frozen=True):
    conversation_id: UUID
    customer: CustomerBrief
    channel: str
    locale: str
    state: str
    handler: str
    assignee: Assignee | None
    last_text: str
    last_actor: str
    last_message_at: datetime
    unread: int
    waiting_since: datetime | None
    rating: Rating | None
    seq: int


class StaffConversation(ConversationSummary, frozen=True):
    public_seq: int
    customer_read_seq: int
    staff_read_seq: int
    context: dict[str, Any]
    summary: dict[str, Any]


class StaffSnapshot(msgspec.Struct, frozen=True):
    conversation: StaffConversation
    events: list[Event]
    has_more: bool


class EventPage(msgspec.Struct, frozen=True):
    events: list[Event]
    has_more: bool


class Counts(msgspec.Struct, frozen=True):
    queue: int = 0
    mine: int = 0
    bot: int = 0
    staff: int = 0


class ConversationPage(msgspec.Struct, frozen=True):
    items: list[ConversationSummary]
    next_cursor: str | None
    counts: Counts


class Ack(msgspec.Struct, frozen=True):
    """`seq` in the sender's own counter: public for a shopper, staff's for staff."""

    conversation_id: UUID
    seq: int


class Turn(msgspec.Struct, frozen=True):
    """A bot's turn that is due, with the lease that allows it to write."""

    shop_id: UUID
    conversation_id: UUID
    lease_epoch: int


class Received(msgspec.Struct, frozen=True):
    ack: Ack
    turn: Turn | None


class RevealedSpan(msgspec.Struct, frozen=True):
    index: int
    kind: str
    text: str
