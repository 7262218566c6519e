"""The widget's socket."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec

from xiaoer.kit.errors import InvalidInput, NotSignedIn, XiaoerError

from .connection import Connection, encode
from .doors import VisitorDoor
from .frames import (
    AskForPerson,
    ChangeLocale,
    Hello,
    Ping,
    VisitorCommand,
    VisitorRead,
    VisitorSend,
    VisitorTyping,
    error_frame,
    malformed,
    visitor_decoder,
)
from .hub import Hub
from .socket import Disconnected, Socket, serve

HELLO_SECONDS = 10


class _Session:
    """A visitor's socket after hello: who it serves and what its commands do."""

    def __init__(self, door: VisitorDoor, hub: Hub, connection: Connection, visitor: Any) -> None:
        self.door = door
        self.hub = hub
        self.connection = connection
        self.visitor = visitor

    def locale(self) -> str:
        return str(self.visitor.locale)

    async def welcome(self, hello: Hello) -> None:
        resumed = await self.door.resume(self.visitor, hello.conversation_id, hello.since)
        self.connection.push({"type": "welcome", "snapshot": resumed.snapshot, "events": resumed.events})
        if resumed.conversation_id is not None:
            self.hub.switch(self.connection, resumed.conversation_id, resumed.seq)

    async def handle(self, raw: str) -> None:
        try:
            command: VisitorCommand = visitor_decoder.decode(raw)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise malformed(error) from error
        match command:
            case Ping():
                self.connection.push({"type": "pong"})
            case VisitorSend():
                await self._send(command)
            case AskForPerson():
                conversation_id, seq = await self.door.ask_for_person(self.visitor, command.id)
                self._acknowledge(command.id, conversation_id, seq)
            case VisitorRead() if self.connection.current is not None:
                await self.door.read(self.visitor, self.connection.current, command.seq)
            case VisitorTyping() if self.connection.current is not None:
                await self.door.type(self.visitor, self.connection.current)
            case ChangeLocale():
                self.visitor = await self.door.change_locale(self.visitor, command.locale)
            case Hello():
                raise InvalidInput("frame.hello_twice")

    async def _send(self, command: VisitorSend) -> None:
        conversation_id, seq = await self.door.send(self.visitor, command.id, command.content, command.context)
        self._acknowledge(command.id, conversation_id, seq)

    def _acknowledge(self, client_id: str, conversation_id: UUID, seq: int) -> None:
        self.connection.push({"type": "ack", "id": client_id, "conversation_id": conversation_id, "seq": seq})
        if self.connection.current != conversation_id:
            self.hub.switch(self.connection, conversation_id, 0)


async def serve_visitor(socket: Socket, hub: Hub, door: VisitorDoor) -> None:
    """Speak the visitor's protocol on an accepted socket until it ends."""
    try:
        hello = await _read_hello(socket)
        visitor = await door.enter(hello.token)
        if hello.locale:
            visitor = await door.change_locale(visitor, hello.locale)
    except XiaoerError as error:
        code = "signed_out" if isinstance(error, NotSignedIn) else error.code
        await socket.send(encode(error_frame(error, "zh-CN", None)).decode())
        await socket.send(encode({"type": "bye", "code": code}).decode())
        await socket.close()
        return
    connection = Connection(socket.send, shop_id=visitor.shop_id, subject_id=visitor.customer_id, is_public=True)
    session = _Session(door, hub, connection, visitor)
    try:
        await session.welcome(hello)
        await serve(socket, hub, connection, session.handle, session.locale)
    except XiaoerError as error:
        await socket.send(encode(error_frame(error, session.locale(), None)).decode())
        await socket.close()
    finally:
        hub.leave(connection)


async def _read_hello(socket: Socket) -> Hello:
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            raw = await socket.receive()
    except TimeoutError as error:
        raise NotSignedIn("frame.hello_missing", seconds=HELLO_SECONDS) from error
    except Disconnected as error:
        raise NotSignedIn("frame.hello_missing", seconds=HELLO_SECONDS) from error
    try:
        command = visitor_decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise malformed(error) from error
    if not isinstance(command, Hello):
        raise InvalidInput("frame.hello_first")
    return command
