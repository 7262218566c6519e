"""What the sockets may do: each function is the twin of an HTTP handler and authorises like it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from xiaoer.application.live.doors import DeskDoor, Resumed, VisitorDoor
from xiaoer.application.wiring.web import Web
from xiaoer.business.conversation import queries as conversations
from xiaoer.business.conversation.actions import desk, shopper
from xiaoer.business.conversation.types import Counts
from xiaoer.business.customer.actions import change_visitor_locale
from xiaoer.business.customer.queries import get_visitor_by_token
from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity import queries as identity
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.data.stores import identity as identity_store


def _typing(conversation_id: UUID, kind: str, name: str, from_id: UUID) -> dict[str, object]:
    return {
        "type": "typing", "conversation_id": str(conversation_id), "actor": {"kind": kind, "name": name}, "by": kind,
        "from_id": str(from_id),
    }  # fmt: skip


def make_visitor_door(web: Web) -> VisitorDoor:
    """What a widget's socket may do."""
    backend = web.backend

    async def resume(visitor: Visitor, conversation_id: UUID | None, since: int | None) -> Resumed:
        if conversation_id is not None and since is not None:
            row = await conversations.find_own_row(backend, visitor)
            if row is not None and row.conversation_id == conversation_id and since <= row.public_seq:
                page = await conversations.list_visitor_events(backend, visitor, conversation_id, since)
                if not page.has_more:
                    return Resumed(conversation_id, row.seq, None, page.events[: row.public_seq - since])
        snapshot, row = await conversations.get_visitor_snapshot(backend, visitor)
        return Resumed(row.conversation_id if row else None, row.seq if row else 0, snapshot, None)

    async def send(visitor: Visitor, client_id: str, content: Any, context: Any) -> tuple[UUID, int]:
        received = await shopper.receive_message(
            backend, web.platform, visitor, client_id=client_id, content=content, context=context
        )
        if received.turn is not None:
            web.start_turn(received.turn)
        return received.ack.conversation_id, received.ack.seq

    async def ask_for_person(visitor: Visitor, client_id: str) -> tuple[UUID, int]:
        received = await shopper.request_person(backend, web.platform, visitor, client_id)
        if received.turn is not None:
            web.start_turn(received.turn)
        return received.ack.conversation_id, received.ack.seq

    async def type_(visitor: Visitor, conversation_id: UUID) -> None:
        backend.broadcast(visitor.shop_id, _typing(conversation_id, "customer", visitor.name, visitor.customer_id))

    async def change_locale(visitor: Visitor, locale: str) -> Visitor:
        await change_visitor_locale(backend, visitor.shop_id, visitor.customer_id, locale)
        return msgspec.structs.replace(visitor, locale=locale)

    return VisitorDoor(
        enter=lambda token: get_visitor_by_token(backend, token), resume=resume, send=send,
        ask_for_person=ask_for_person,
        read=lambda visitor, conversation_id, seq: shopper.mark_read(backend, visitor, conversation_id, seq),
        type=type_, change_locale=change_locale,
    )  # fmt: skip


def may_read_conversations(staff: Staff) -> bool:
    return identity_rules.CONVERSATION_READ in staff.permissions


def make_desk_door(web: Web) -> DeskDoor:
    """What a console's socket may do."""
    backend = web.backend

    async def welcome(staff: Staff) -> dict[str, Any]:
        await identity_store.touch_staff(backend.db, staff.shop_id, [staff.staff_id])
        view = await identity.get_own_view(backend, staff)
        counts = await conversations.count_open(backend, staff) if may_read_conversations(staff) else Counts()
        return {"staff": view, "counts": counts}

    async def watch(staff: Staff, conversation_id: UUID, since: int | None) -> Resumed:
        if since is not None:
            page = await conversations.list_staff_events(
                backend, staff, conversation_id, since=since, before=None, limit=500
            )
            if not page.has_more:
                last = page.events[-1].seq if page.events else since
                return Resumed(conversation_id, last, None, page.events)
        snapshot = await conversations.get_staff_snapshot(backend, staff, conversation_id)
        return Resumed(conversation_id, snapshot.conversation.seq, snapshot, None)

    async def send(
        staff: Staff, conversation_id: UUID, client_id: str, content: Any, is_note: bool
    ) -> tuple[UUID, int]:
        ack = await desk.send_message(
            backend, web.platform, staff, conversation_id, client_id=client_id, content=content, is_note=is_note
        )
        return ack.conversation_id, ack.seq

    async def type_(staff: Staff, conversation_id: UUID) -> None:
        row = await conversations.get_staff_row(backend, staff, conversation_id)
        if row.conversation.assignee_id == staff.staff_id:
            backend.broadcast(staff.shop_id, _typing(conversation_id, "staff", staff.name, staff.staff_id))

    return DeskDoor(
        refresh=lambda token: identity.get_staff_by_token(backend, token),
        may_read_conversations=may_read_conversations, welcome=welcome, watch=watch, send=send,
        read=lambda staff, conversation_id, seq: desk.mark_read(backend, staff, conversation_id, seq), type=type_,
        leave=lambda staff: identity_store.leave_staff(backend.db, staff.shop_id, staff.staff_id),
    )  # fmt: skip
