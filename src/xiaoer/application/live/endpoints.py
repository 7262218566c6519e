"""The two socket addresses, and the framework's socket reduced to what the protocols use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import WebSocket, websocket
from litestar.exceptions import WebSocketDisconnect

from .connection import encode
from .desk import serve_desk
from .doors import DeskDoor, VisitorDoor
from .hub import Hub
from .socket import Disconnected
from .visitor import serve_visitor


@dataclass(frozen=True, slots=True)
class Live:
    """What the endpoints work with. `staff_token(socket)` finds the session's token, or None from a foreign page."""

    hub: Hub
    visitors: VisitorDoor
    desks: DeskDoor
    staff_token: Any


class _Socket:
    """A socket of the framework; a disconnect in either direction is one exception."""

    def __init__(self, socket: WebSocket[Any, Any, Any]) -> None:
        self._socket = socket

    async def receive(self) -> str:
        try:
            event = await self._socket.receive()
        except WebSocketDisconnect as error:
            raise Disconnected from error
        if event["type"] != "websocket.receive":
            raise Disconnected
        text = event.get("text")
        if text is not None:
            return str(text)
        # Frames are text; bytes are read as if they were, so that garbage gets an error frame and not a cut.
        return (event.get("bytes") or b"").decode("utf-8", "replace")

    async def send(self, text: str) -> None:
        try:
            await self._socket.send_text(text)
        except (WebSocketDisconnect, RuntimeError, OSError) as error:
            raise Disconnected from error

    async def close(self) -> None:
        try:
            await self._socket.close()
        except (WebSocketDisconnect, RuntimeError, OSError):
            return


@websocket("/api/v1/visitor/socket")
async def visitor_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """The widget's socket."""
    await socket.accept()
    live: Live = socket.app.state.live
    try:
        await serve_visitor(_Socket(socket), live.hub, live.visitors)
    except Disconnected:
        return


@websocket("/api/v1/desk/socket")
async def desk_socket(socket: WebSocket[Any, Any, Any]) -> None:
    """The console's socket."""
    await socket.accept()
    live: Live = socket.app.state.live
    token = live.staff_token(socket)
    adapted = _Socket(socket)
    try:
        if token is None:
            await adapted.send(encode({"type": "bye", "code": "signed_out"}).decode())
            await adapted.close()
            return
        await serve_desk(adapted, live.hub, live.desks, token)
    except Disconnected:
        return
