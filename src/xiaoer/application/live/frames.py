"""The commands a socket takes, and the errors it answers with."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec

from xiaoer.business.conversation.types import ClientId, PageContext, StaffContent, VisitorContent
from xiaoer.kit.errors import InvalidInput, XiaoerError
from xiaoer.kit.i18n import error_text

Seq = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Hello(msgspec.Struct, frozen=True, tag="hello", forbid_unknown_fields=True):
    token: Annotated[str, msgspec.Meta(max_length=200)]
    conversation_id: UUID | None = None
    since: Seq | None = None
    locale: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class VisitorSend(msgspec.Struct, frozen=True, tag="send", forbid_unknown_fields=True):
    id: ClientId
    content: VisitorContent
    context: PageContext | None = None


class VisitorTyping(msgspec.Struct, frozen=True, tag="typing", forbid_unknown_fields=True):
    pass


class VisitorRead(msgspec.Struct, frozen=True, tag="read", forbid_unknown_fields=True):
    seq: Seq


class AskForPerson(msgspec.Struct, frozen=True, tag="handover", forbid_unknown_fields=True):
    id: ClientId


class ChangeLocale(msgspec.Struct, frozen=True, tag="locale", forbid_unknown_fields=True):
    locale: Annotated[str, msgspec.Meta(max_length=20)]


class Ping(msgspec.Struct, frozen=True, tag="ping", forbid_unknown_fields=True):
    pass


class Watch(msgspec.Struct, frozen=True, tag="watch", forbid_unknown_fields=True):
    conversation_id: UUID
    since: Seq | None = None


class Unwatch(msgspec.Struct, frozen=True, tag="unwatch", forbid_unknown_fields=True):
    conversation_id: UUID


class StaffSend(msgspec.Struct, frozen=True, tag="send", forbid_unknown_fields=True):
    id: ClientId
    conversation_id: UUID
    content: StaffContent
    is_note: bool = False


class StaffTyping(msgspec.Struct, frozen=True, tag="typing", forbid_unknown_fields=True):
    conversation_id: UUID


class StaffRead(msgspec.Struct, frozen=True, tag="read", forbid_unknown_fields=True):
    conversation_id: UUID
    seq: Seq


VisitorCommand = Hello | VisitorSend | VisitorTyping | VisitorRead | AskForPerson | ChangeLocale | Ping
StaffCommand = Watch | Unwatch | StaffSend | StaffTyping | StaffRead | Ping

visitor_decoder = msgspec.json.Decoder(VisitorCommand)
staff_decoder = msgspec.json.Decoder(StaffCommand)


class _Identified(msgspec.Struct):
    id: Any = None


_id_decoder = msgspec.json.Decoder(_Identified)


def find_id(raw: str) -> str | None:
    """The client id of a frame that could not be taken, so that its sender can tell which one it was."""
    try:
        found = _id_decoder.decode(raw).id
    except (msgspec.DecodeError, ValueError):
        return None
    return found[:64] if isinstance(found, str) else None


def malformed(error: Exception) -> InvalidInput:
    """What is wrong with a frame and where, without echoing it."""
    return InvalidInput("frame.malformed", reason=str(error)[:200])


def error_frame(error: XiaoerError, locale: str, client_id: str | None) -> dict[str, Any]:
    """An error as a frame; `id` names the command that failed."""
    frame: dict[str, Any] = {"type": "error", "code": error.code, "message": error_text(error, locale)}
    if error.params:
        frame["params"] = error.params
    if client_id is not None:
        frame["id"] = client_id
    return frame
