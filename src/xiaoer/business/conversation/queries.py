"""Reading conversations: a shopper their own, staff those of their shop."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import msgspec

from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.listing import And, Compare, Filter, Or
from xiaoer.data.rows.conversation import ConversationRow, ListedConversationRow
from xiaoer.data.stores import conversation as store
from xiaoer.data.stores import identity as identity_store
from xiaoer.data.stores import timeline
from xiaoer.kit.errors import InvalidInput, NotFound

from . import rules
from .types import (
    Assignee,
    ConversationPage,
    ConversationSummary,
    Counts,
    CustomerBrief,
    EventPage,
    QueuePlace,
    StaffConversation,
    StaffSnapshot,
    VisitorSnapshot,
)

PAGE = 50
_END = UUID(int=2**128 - 1)

# What each tab of the desk shows; the queue has who waited longest first, the others the newest message.
_VIEWS: dict[str, tuple[tuple[str, str], ...]] = {
    "queue": (("state", "open"), ("handler", "queue")),
    "mine": (("state", "open"), ("handler", "staff")),
    "bot": (("state", "open"), ("handler", "bot")),
    "staff": (("state", "open"), ("handler", "staff")),
    "ended": (("state", "ended"),),
    "all": (),
}


def summarise(row: ListedConversationRow) -> ConversationSummary:
    one = row.conversation
    return ConversationSummary(
        conversation_id=one.conversation_id,
        customer=CustomerBrief(one.customer_id, row.customer_name, row.is_verified),
        channel=one.channel, locale=one.locale, state=one.state, handler=one.handler,
        assignee=Assignee(one.assignee_id, row.assignee_name or "") if one.assignee_id else None,
        last_text=one.last_text, last_actor=one.last_actor, last_message_at=one.last_message_at, unread=one.unread,
        waiting_since=one.waiting_since, rating=rules.as_rating(one.rating), seq=one.seq,
    )  # fmt: skip


async def place_in_queue(backend: Backend, shop_id: UUID, conversation_id: UUID) -> QueuePlace | None:
    """Where a waiting conversation stands, and how long that took others lately."""
    waiting = await store.list_queue(backend.db, shop_id)
    if conversation_id not in waiting:
        return None
    position = waiting.index(conversation_id) + 1
    taken, span = await store.measure_take_overs(backend.db, shop_id)
    return QueuePlace(position, rules.estimate_wait_minutes(position, taken, span))


async def find_own_row(backend: Backend, visitor: Visitor) -> ConversationRow | None:
    """The visitor's open conversation, else their latest."""
    return await store.find_current(backend.db, visitor.shop_id, visitor.customer_id)


async def get_visitor_snapshot(backend: Backend, visitor: Visitor) -> tuple[VisitorSnapshot, ConversationRow | None]:
    """What a widget shows when it opens, with the row whose `seq` the live part continues from."""
    row = await find_own_row(backend, visitor)
    if row is None:
        return VisitorSnapshot(None, [], has_more=False), None
    events = await timeline.list_before(
        backend.db, row.shop_id, row.conversation_id, row.seq + 1, public_only=True, limit=PAGE
    )
    view = rules.visitor_view(row, await _staff_name(backend, row))
    if row.handler == "queue" and row.state == "open":
        place = await place_in_queue(backend, row.shop_id, row.conversation_id)
        view = msgspec.structs.replace(view, queue=place)
    shown = [rules.for_visitor(event) for event in events]
    earlier = await store.list_ids_of_customer(backend.db, row.shop_id, row.customer_id, 2)
    has_more = len(earlier) > 1 or (bool(shown) and shown[0].seq > 1)
    return VisitorSnapshot(view, shown, has_more=has_more), row


async def _staff_name(backend: Backend, row: ConversationRow) -> str | None:
    if row.assignee_id is None:
        return None
    staff = await identity_store.find_staff(backend.db, row.shop_id, row.assignee_id)
    return staff.name if staff else None


async def list_visitor_events(backend: Backend, visitor: Visitor, conversation_id: UUID, since: int) -> EventPage:
    """Public events after `since` of one of the visitor's own conversations."""
    row = await store.find(backend.db, visitor.shop_id, conversation_id)
    if row is None or row.customer_id != visitor.customer_id:
        raise NotFound("conversation.not_found", field="conversation_id")
    events = await timeline.list_public_since(backend.db, visitor.shop_id, conversation_id, since)
    return EventPage([rules.for_visitor(event) for event in events], has_more=len(events) == 500)


async def list_visitor_history(
    backend: Backend, visitor: Visitor, before_conversation: UUID | None, before_seq: int | None
) -> EventPage:
    """Older public events over all the visitor's conversations."""
    before = (before_conversation or _END, before_seq if before_seq is not None else 2**62)
    events = await timeline.list_history(backend.db, visitor.shop_id, visitor.customer_id, before, limit=PAGE)
    shown = [rules.for_visitor(event, with_conversation=True) for event in events]
    return EventPage(shown, has_more=len(events) == PAGE)


async def get_staff_row(backend: Backend, staff: Staff, conversation_id: UUID) -> ListedConversationRow:
    """A conversation of the caller's shop, or NotFound."""
    identity_rules.check_permission(staff, identity_rules.CONVERSATION_READ)
    rows = await store.list_by_id(backend.db, staff.shop_id, [conversation_id])
    if not rows:
        raise NotFound("conversation.not_found")
    return rows[0]


async def get_summary(backend: Backend, staff: Staff, conversation_id: UUID) -> ConversationSummary:
    return summarise(await get_staff_row(backend, staff, conversation_id))


async def get_staff_snapshot(backend: Backend, staff: Staff, conversation_id: UUID) -> StaffSnapshot:
    """What a desk shows when it opens a conversation."""
    listed = await get_staff_row(backend, staff, conversation_id)
    one = listed.conversation
    events = await timeline.list_before(backend.db, staff.shop_id, conversation_id, one.seq + 1, limit=PAGE)
    view = StaffConversation(
        **msgspec.structs.asdict(summarise(listed)), public_seq=one.public_seq,
        customer_read_seq=one.customer_read_seq, staff_read_seq=one.staff_read_seq, context=one.context,
        summary=one.summary,
    )  # fmt: skip
    return StaffSnapshot(view, [rules.for_staff(event) for event in events], has_more=one.seq > len(events))


async def list_staff_events(
    backend: Backend, staff: Staff, conversation_id: UUID, *, since: int | None, before: int | None, limit: int
) -> EventPage:
    """Events after `since`, or the last ones before `before`."""
    await get_staff_row(backend, staff, conversation_id)
    size = max(1, min(limit, 500))
    if since is not None:
        events = await timeline.list_since(backend.db, staff.shop_id, conversation_id, since, limit=size)
    else:
        events = await timeline.list_before(backend.db, staff.shop_id, conversation_id, before or 2**62, limit=size)
    return EventPage([rules.for_staff(event) for event in events], has_more=len(events) == size)


async def count_open(backend: Backend, staff: Staff) -> Counts:
    """How many open conversations each tab of the desk holds."""
    return add_up(await store.count_open(backend.db, staff.shop_id), staff.staff_id)


def add_up(rows: Sequence[tuple[str, UUID | None, int]], staff_id: UUID) -> Counts:
    """Counts by handler and assignee as one person's tabs show them."""
    totals = {"queue": 0, "bot": 0, "staff": 0}
    mine = 0
    for handler, assignee_id, n in rows:
        totals[handler] += n
        mine += n if assignee_id == staff_id else 0
    return Counts(mine=mine, **totals)


async def list_places(backend: Backend, shop_id: UUID) -> list[tuple[UUID, QueuePlace]]:
    """Everybody's place in the shop's queue."""
    waiting = await store.list_queue(backend.db, shop_id)
    taken, span = await store.measure_take_overs(backend.db, shop_id)
    return [
        (one, QueuePlace(position, rules.estimate_wait_minutes(position, taken, span)))
        for position, one in enumerate(waiting, start=1)
    ]


async def list_conversations(
    backend: Backend, staff: Staff, *, view: str, words: str | None, cursor: str | None, limit: int
) -> ConversationPage:
    """A page of one of the desk's tabs; `words` match the name and the last line."""
    identity_rules.check_permission(staff, identity_rules.CONVERSATION_READ)
    if view not in _VIEWS:
        raise InvalidInput("conversation.unknown_view", field="view", value=view[:20])
    parts: list[Filter] = [Compare(field, "eq", value) for field, value in _VIEWS[view]]
    if view == "mine":
        parts.append(Compare("assignee_id", "eq", str(staff.staff_id)))
    asked = (words or "").strip()[:100]
    if asked:
        parts.append(Or((Compare("name", "contains", asked), Compare("last_text", "contains", asked))))
    ids, next_cursor = await store.list_ids(
        backend.db,
        staff.shop_id,
        And(tuple(parts)),
        sort="waiting_since" if view == "queue" else None,
        cursor=cursor,
        limit=max(1, min(limit, 100)),
    )
    rows = await store.list_by_id(backend.db, staff.shop_id, ids)
    return ConversationPage([summarise(row) for row in rows], next_cursor, await count_open(backend, staff))


async def list_summaries(backend: Backend, shop_id: UUID, ids: Sequence[UUID]) -> list[ConversationSummary]:
    """Summaries for the live lists of a shop; the caller sends them to staff who may read them only."""
    return [summarise(row) for row in await store.list_by_id(backend.db, shop_id, ids)]


async def list_of_customer(backend: Backend, staff: Staff, customer_id: UUID) -> list[ConversationSummary]:
    """A customer's last ten conversations."""
    identity_rules.check_permission(staff, identity_rules.CONVERSATION_READ)
    ids = await store.list_ids_of_customer(backend.db, staff.shop_id, customer_id, 10)
    return await list_summaries(backend, staff.shop_id, ids)
