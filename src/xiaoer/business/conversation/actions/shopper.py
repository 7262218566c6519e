"""What shoppers do: send, read, end, rate. Sending is durable before it is acknowledged."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import msgspec

from xiaoer.business.conversation import rules
from xiaoer.business.conversation.ports import Cards
from xiaoer.business.conversation.types import Ack, PageContext, Rating, Received, SendText, Turn, VisitorContent
from xiaoer.business.customer.types import Visitor
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Executor
from xiaoer.data.rows.conversation import Changes, ConversationRow, Guard, NewEvent, ReceivedRow
from xiaoer.data.stores import conversation as store
from xiaoer.data.stores import timeline
from xiaoer.kit.errors import Conflict, NotFound, Unprocessable
from xiaoer.kit.ids import new_id

from .contents import hash_body, prepare_from_visitor

# The event before it says that the conversation was opened.
FIRST_MESSAGE = 2
RATING_LIFE = timedelta(hours=24)
_ASK_FOR_PERSON = {"zh-CN": "转人工", "en": "Talk to a human"}


async def receive_message(
    backend: Backend,
    cards: Cards,
    visitor: Visitor,
    *,
    client_id: str,
    content: VisitorContent,
    context: PageContext | None = None,
    channel: str = "web",
) -> Received:
    """Store a shopper's message once, and say which turn of the bot it made due, if this process shall take it.

    The nine cases of a client id: first → stored; repeat, repeat while the first runs, repeat after a failure, after
    a crash between work and reply, however late, and once another conversation is open → the first answer again;
    the same id with another body → 422 `message.id_reused`; the same id from another sender → their own message.
    """
    body_hash = hash_body(content)
    if not isinstance(content, SendText):
        # What the content names may be gone by the time a repeat arrives; plain text needs no such look first.
        prior = await timeline.find_by_client_id(backend.db, visitor.shop_id, visitor.customer_id, client_id)
        if prior is not None:
            return _repeat(prior, body_hash)
    prepared = await prepare_from_visitor(backend, cards, visitor, content, client_id)
    incoming = timeline.Incoming(
        shop_id=visitor.shop_id, customer_id=visitor.customer_id, actor_name=visitor.name, client_id=client_id,
        body_hash=body_hash, data=prepared.data, preview=prepared.preview, sealed=prepared.sealed,
        context=msgspec.to_builtins(context) if context else None,
    )  # fmt: skip
    row = await timeline.receive(
        backend.db, incoming, process_id=backend.process_id, new_conversation_id=new_id(), channel=channel,
        locale=visitor.locale,
    )  # fmt: skip
    if row.is_repeat:
        return _repeat(row, body_hash)
    if row.public_seq == FIRST_MESSAGE:
        opened: dict[str, object] = {
            "type": "opened",
            "conversation_id": str(row.conversation_id),
            "customer_id": str(visitor.customer_id),
        }
        backend.broadcast(visitor.shop_id, opened)
    backend.announce(visitor.shop_id, row.conversation_id)
    turn = Turn(visitor.shop_id, row.conversation_id, row.lease_epoch) if row.is_granted else None
    return Received(ack=Ack(row.conversation_id, row.public_seq), turn=turn)


def _repeat(prior: ReceivedRow, body_hash: bytes) -> Received:
    if prior.body_hash != body_hash:
        raise Unprocessable("message.id_reused", field="client_id")
    return Received(ack=Ack(prior.conversation_id, prior.public_seq), turn=None)


async def request_person(backend: Backend, cards: Cards, visitor: Visitor, client_id: str) -> Received:
    """The shopper taps 转人工: said like any other sentence, so that history, bot and reports all see it."""
    words = SendText(_ASK_FOR_PERSON.get(visitor.locale, _ASK_FOR_PERSON["en"]))
    return await receive_message(backend, cards, visitor, client_id=client_id, content=words)


async def mark_read(backend: Backend, visitor: Visitor, conversation_id: UUID, public_seq: int) -> None:
    """Advance the shopper's read mark; it never goes back and never beyond what exists."""
    marks = await store.mark_read_by_customer(
        backend.db, visitor.shop_id, conversation_id, visitor.customer_id, public_seq
    )
    if marks is None:
        # Read before, or not theirs at all.
        await _get_own(backend, visitor, conversation_id)
    else:
        backend.broadcast(
            visitor.shop_id,
            {"type": "read", "conversation_id": str(conversation_id), "customer_read_seq": marks[0],
             "staff_read_seq": marks[1], "by": "customer"},
        )  # fmt: skip


async def _get_own(backend: Backend, visitor: Visitor, conversation_id: UUID) -> ConversationRow:
    row = await store.find(backend.db, visitor.shop_id, conversation_id)
    if row is None or row.customer_id != visitor.customer_id:
        raise NotFound("conversation.not_found", field="conversation_id")
    return row


async def end_conversation(backend: Backend, visitor: Visitor) -> None:
    """The shopper is done; ending twice is fine."""
    row = await store.find_current(backend.db, visitor.shop_id, visitor.customer_id)
    if row is None or row.state == "ended":
        return
    event = NewEvent("resolved", "customer", {"by": "customer"}, actor_id=visitor.customer_id, actor_name=visitor.name)
    guard = Guard(state="open")
    await timeline.append(backend.db, row.shop_id, row.conversation_id, [event], Changes(state="ended"), guard)
    backend.announce(row.shop_id, row.conversation_id)


async def rate(
    backend: Backend, visitor: Visitor, conversation_id: UUID, *, score: int, tags: list[str], comment: str
) -> Rating:
    """Rate an ended conversation; changeable for a day after its end."""
    rating = rules.check_rating(score, tags, comment)
    row = await _get_own(backend, visitor, conversation_id)
    if row.state != "ended" or row.ended_at is None:
        raise Conflict("rating.not_ended_yet")
    if backend.clock.now() - row.ended_at > RATING_LIFE:
        raise Conflict("rating.closed", hours=24)
    data = msgspec.to_builtins(rating)
    event = NewEvent("rated", "customer", data, actor_id=visitor.customer_id, actor_name=visitor.name)
    await timeline.append(backend.db, row.shop_id, conversation_id, [event], Changes(rating=data), Guard(state="ended"))
    backend.announce(row.shop_id, conversation_id)
    return rating


async def join_history(work: Executor, shop_id: UUID, visitor_id: UUID, shopper_id: UUID, name: str) -> None:
    """Bring an anonymous visitor's conversations to the shopper they signed in as, inside the sign-in.

    Each customer has at most one open conversation: of two, the one a person is busy with stays, else the visitor's,
    which is the one on the screen.
    """
    theirs = await store.find_current(work, shop_id, visitor_id)
    older = await store.find_current(work, shop_id, shopper_id)
    if theirs and older and theirs.state == "open" and older.state == "open":
        closing = theirs if older.handler != "bot" and theirs.handler == "bot" else older
        event = NewEvent("resolved", "system", {"by": "system"})
        await timeline.append(work, shop_id, closing.conversation_id, [event], Changes(state="ended"), Guard("open"))
    await store.reassign_customer(work, shop_id, visitor_id, shopper_id)
    if theirs is not None:
        event = NewEvent("identified", "system", {"name": name}, is_public=False)
        await timeline.append(work, shop_id, theirs.conversation_id, [event], Changes(), Guard())
