"""What people at the desk do: take over, answer, note, hand back, resolve, read, reveal."""

from __future__ import annotations

from uuid import UUID

from xiaoer.business.audit.actions import record_deed
from xiaoer.business.conversation.ports import Cards
from xiaoer.business.conversation.types import Ack, RevealedSpan, SendText, StaffContent
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import DuplicateKey
from xiaoer.data.rows.conversation import Changes, ConversationRow, Guard, NewEvent
from xiaoer.data.stores import conversation as store
from xiaoer.data.stores import identity as identity_store
from xiaoer.data.stores import timeline
from xiaoer.kit.errors import Conflict, InvalidInput, NotFound, Unprocessable

from .contents import hash_body, prepare_from_staff


async def _get(backend: Backend, staff: Staff, conversation_id: UUID, permission: str) -> ConversationRow:
    identity_rules.check_permission(staff, permission)
    row = await store.find(backend.db, staff.shop_id, conversation_id)
    if row is None:
        raise NotFound("conversation.not_found")
    return row


async def _refuse(backend: Backend, staff: Staff, conversation_id: UUID, *, mine: bool) -> Conflict:
    """Why an append did not happen, naming who won."""
    row = await store.find(backend.db, staff.shop_id, conversation_id)
    if row is None or row.state == "ended":
        return Conflict("conversation.ended")
    owner = None
    if row.assignee_id is not None:
        owner = await identity_store.find_staff(backend.db, staff.shop_id, row.assignee_id)
    if mine:
        return Conflict("conversation.not_yours", handler=row.handler, staff_name=owner.name if owner else "")
    return Conflict("conversation.already_taken", staff_name=owner.name if owner else "")


def _by(staff: Staff, kind: str, data: dict[str, object], *, is_public: bool = True) -> NewEvent:
    return NewEvent(kind, "staff", data, is_public=is_public, actor_id=staff.staff_id, actor_name=staff.name)


async def send_message(
    backend: Backend,
    cards: Cards,
    staff: Staff,
    conversation_id: UUID,
    *,
    client_id: str,
    content: StaffContent,
    is_note: bool,
) -> Ack:
    """Say something to the shopper, or leave a note that only staff see. Idempotent by client id.

    Only the one who took the conversation over speaks in it; anybody who may read it may leave a note.
    """
    permission = identity_rules.CONVERSATION_READ if is_note else identity_rules.CONVERSATION_SERVE
    row = await _get(backend, staff, conversation_id, permission)
    if is_note and not isinstance(content, SendText):
        raise InvalidInput("note.text_only", field="content.type")
    body_hash = hash_body(content, is_note=is_note)
    prepared = await prepare_from_staff(backend, cards, staff, content, row.locale)
    event = NewEvent(
        "note" if is_note else "message", "staff", prepared.data, is_public=not is_note, actor_id=staff.staff_id,
        actor_name=staff.name, client_id=client_id, body_hash=body_hash,
    )  # fmt: skip
    changes = Changes() if is_note else Changes(
        last_text=prepared.preview, last_actor="staff", is_read_by_staff=True
    )  # fmt: skip
    guard = Guard() if is_note else Guard(state="open", handlers=("staff",), assignee_id=staff.staff_id)
    try:
        after = await timeline.append(backend.db, staff.shop_id, conversation_id, [event], changes, guard)
    except DuplicateKey:
        after = None
    if after is not None:
        backend.announce(staff.shop_id, conversation_id)
        return Ack(conversation_id, after.seq)
    # Either a repeat of what was stored before, or the conversation is no longer the sender's.
    prior = await timeline.find_by_client_id(backend.db, staff.shop_id, staff.staff_id, client_id)
    if prior is None:
        raise await _refuse(backend, staff, conversation_id, mine=True)
    if prior.body_hash != body_hash or prior.conversation_id != conversation_id:
        raise Unprocessable("message.id_reused", field="client_id")
    return Ack(conversation_id, prior.seq)


async def take_over(backend: Backend, staff: Staff, conversation_id: UUID) -> None:
    """Answer in person from now on; the bot's turn under way, if any, can write nothing more.

    From the queue or the bot anybody who serves may take it; from a colleague only a supervisor or administrator.
    """
    row = await _get(backend, staff, conversation_id, identity_rules.CONVERSATION_SERVE)
    if row.handler == "staff" and row.assignee_id == staff.staff_id and row.state == "open":
        return
    may_displace = staff.role in ("supervisor", "administrator")
    guard = Guard(state="open", handlers=None if may_displace else ("bot", "queue"))
    event = _by(staff, "taken_over", {"staff_id": str(staff.staff_id), "staff_name": staff.name})
    changes = Changes(handler="staff", assignee_id=staff.staff_id)
    after = await timeline.append(backend.db, staff.shop_id, conversation_id, [event], changes, guard)
    if after is None:
        raise await _refuse(backend, staff, conversation_id, mine=False)
    backend.announce(staff.shop_id, conversation_id)


async def return_to_bot(backend: Backend, staff: Staff, conversation_id: UUID) -> None:
    """The bot serves again."""
    await _get(backend, staff, conversation_id, identity_rules.CONVERSATION_SERVE)
    guard = Guard(state="open", handlers=("staff",), assignee_id=staff.staff_id)
    event = _by(staff, "returned_to_bot", {})
    after = await timeline.append(
        backend.db, staff.shop_id, conversation_id, [event], Changes(handler="bot", dialogue={}), guard
    )
    if after is None:
        raise await _refuse(backend, staff, conversation_id, mine=True)
    backend.announce(staff.shop_id, conversation_id)


async def resolve(backend: Backend, staff: Staff, conversation_id: UUID) -> None:
    """End a conversation; of two who resolve at once the second is told it has ended."""
    row = await _get(backend, staff, conversation_id, identity_rules.CONVERSATION_SERVE)
    if row.handler == "staff" and row.assignee_id != staff.staff_id and staff.role == "agent":
        raise await _refuse(backend, staff, conversation_id, mine=True)
    event = _by(staff, "resolved", {"by": "staff"})
    guard = Guard(state="open", assignee_id=row.assignee_id)
    after = await timeline.append(backend.db, staff.shop_id, conversation_id, [event], Changes(state="ended"), guard)
    if after is None:
        raise await _refuse(backend, staff, conversation_id, mine=True)
    backend.announce(staff.shop_id, conversation_id)


async def mark_read(backend: Backend, staff: Staff, conversation_id: UUID, public_seq: int) -> None:
    """The desk has read up to there; only whoever serves it counts, a watching colleague leaves no mark."""
    row = await _get(backend, staff, conversation_id, identity_rules.CONVERSATION_READ)
    if row.handler != "staff" or row.assignee_id != staff.staff_id:
        return
    marks = await store.mark_read_by_staff(backend.db, staff.shop_id, conversation_id, public_seq)
    if marks is not None:
        backend.broadcast(
            staff.shop_id,
            {"type": "read", "conversation_id": str(conversation_id), "customer_read_seq": marks[0],
             "staff_read_seq": marks[1], "by": "staff"},
        )  # fmt: skip


async def reveal_spans(backend: Backend, staff: Staff, conversation_id: UUID, seq: int) -> list[RevealedSpan]:
    """The personal data behind a message's masks; every look is recorded."""
    await _get(backend, staff, conversation_id, identity_rules.CUSTOMER_REVEAL)
    events = await timeline.list_since(backend.db, staff.shop_id, conversation_id, seq - 1, limit=1)
    if not events or events[0].seq != seq:
        raise NotFound("event.not_found")
    spans = events[0].data.get("spans", [])
    async with backend.db.transaction() as work:
        sealed = await timeline.get_sealed(work, staff.shop_id, conversation_id, seq)
        await record_deed(
            work, staff.shop_id, "customer.revealed", actor_kind="staff", actor_id=staff.staff_id,
            object_kind="event", object_id=f"{conversation_id}:{seq}", kinds=[span["kind"] for span in spans],
        )  # fmt: skip
    places = [f"{events[0].client_id}:{span['index']}" for span in spans]
    opened = [
        backend.sealer.open(staff.shop_id, "sealed_span", "sealed", place, one).decode()
        for place, one in zip(places, sealed, strict=True)
    ]
    return [RevealedSpan(span["index"], span["kind"], text) for span, text in zip(spans, opened, strict=True)]
