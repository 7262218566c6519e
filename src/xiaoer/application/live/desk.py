"""The console's socket."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

from xiaoer.kit.errors import XiaoerError

from .connection import Connection, encode
from .doors import DeskDoor
from .frames import (
    Ping,
    StaffCommand,
    StaffRead,
    StaffSend,
    StaffTyping,
    Unwatch,
    Watch,
    error_frame,
    malformed,
    staff_decoder,
)
from .hub import Hub
from .socket import Socket, serve

WATCH_LIMIT = 50


class _Session:
    """A desk's socket: the conversations it watches and what its commands do."""

    def __init__(self, door: DeskDoor, hub: Hub, connection: Connection, token: str, staff: Any) -> None:
        self.door = door
        self.hub = hub
        self.connection = connection
        self.token = token
        self.staff = staff

    def locale(self) -> str:
        return str(self.staff.locale)

    async def handle(self, raw: str) -> None:
        try:
            command: StaffCommand = staff_decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise malformed(error) from error
        self.staff = await self.door.refresh(self.token)
        await self._obey(command)

    async def _obey(self, command: StaffCommand) -> None:
        match command:
            case Ping():
                self.connection.push({"type": "pong"})
            case Watch():
                await self._watch(command.conversation_id, command.since)
            case Unwatch():
                self.hub.unfollow(self.connection, command.conversation_id)
            case StaffSend():
                conversation_id, seq = await self.door.send(
                    self.staff, command.conversation_id, command.id, command.content, command.is_note
                )
                self.connection.push({"type": "ack", "id": command.id, "conversation_id": conversation_id, "seq": seq})
            case StaffTyping():
                await self.door.type(self.staff, command.conversation_id)
            case StaffRead():
                await self.door.read(self.staff, command.conversation_id, command.seq)

    async def _watch(self, conversation_id: UUID, since: int | None) -> None:
        resumed = await self.door.watch(self.staff, conversation_id, since)
        if len(self.connection.cursors) >= WATCH_LIMIT:
            self.hub.unfollow(self.connection, next(iter(self.connection.cursors)))
        if resumed.snapshot is not None:
            self.connection.push({"type": "snapshot", "conversation_id": conversation_id, "snapshot": resumed.snapshot})
        elif resumed.events:
            self.connection.push({"type": "events", "conversation_id": conversation_id, "events": resumed.events})
        self.hub.follow(self.connection, conversation_id, resumed.seq)


async def serve_desk(socket: Socket, hub: Hub, door: DeskDoor, token: str) -> None:
    """Speak the desk's protocol on an accepted socket until it ends."""
    try:
        staff = await door.refresh(token)
        welcome = await door.welcome(staff)
    except XiaoerError as error:
        await socket.send(encode(error_frame(error, "zh-CN", None)).decode())
        await socket.send(encode({"type": "bye", "code": "signed_out"}).decode())
        await socket.close()
        return
    connection = Connection(
        socket.send, shop_id=staff.shop_id, subject_id=staff.staff_id, is_public=False,
        has_lists=door.may_read_conversations(staff),
    )  # fmt: skip
    session = _Session(door, hub, connection, token, staff)
    connection.push({"type": "welcome", **welcome})
    try:
        await serve(socket, hub, connection, session.handle, session.locale)
    finally:
        if not hub.is_at_desk(staff.shop_id, staff.staff_id):
            await door.leave(staff)
