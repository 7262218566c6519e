"""What the sockets may do, as functions that wiring hands in; each authorises as its HTTP twin does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec


class VisitorDoor(msgspec.Struct, frozen=True):
    """For a widget's socket. `enter(token)` gives the principal; `resume` its snapshot or the events it missed."""

    enter: Callable[[str], Awaitable[Any]]
    resume: Callable[[Any, UUID | None, int | None], Awaitable[Resumed]]
    send: Callable[[Any, str, Any, Any], Awaitable[tuple[UUID, int]]]
    ask_for_person: Callable[[Any, str], Awaitable[tuple[UUID, int]]]
    read: Callable[[Any, UUID, int], Awaitable[None]]
    type: Callable[[Any, UUID], Awaitable[None]]
    change_locale: Callable[[Any, str], Awaitable[Any]]


class DeskDoor(msgspec.Struct, frozen=True):
    """For a console's socket. `refresh(token)` is asked before every command: a revoked session ends at once."""

    refresh: Callable[[str], Awaitable[Any]]
    may_read_conversations: Callable[[Any], bool]
    welcome: Callable[[Any], Awaitable[Any]]
    watch: Callable[[Any, UUID, int | None], Awaitable[Resumed]]
    send: Callable[[Any, UUID, str, Any, bool], Awaitable[tuple[UUID, int]]]
    read: Callable[[Any, UUID, int], Awaitable[None]]
    type: Callable[[Any, UUID], Awaitable[None]]
    leave: Callable[[Any], Awaitable[None]]


class Resumed(msgspec.Struct, frozen=True):
    """Where a socket continues: a snapshot, or the events missed since; `seq` is the cursor after them."""

    conversation_id: UUID | None
    seq: int
    snapshot: Any | None
    events: list[Any] | None
