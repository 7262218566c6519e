"""`xiaoer bench idle`: what shoppers cost who are connected and say nothing."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

import msgspec

from xiaoer.application.cli.bench import observe
from xiaoer.application.cli.bench.agents import sign_in
from xiaoer.application.cli.bench.server import Target
from xiaoer.application.cli.bench.wire import Broken, Http, WebSocket, open_socket

_OPENING_AT_ONCE = 24


async def run_idle(target: Target, connections: int, seconds: float, *, have_spoken: bool) -> dict[str, Any]:
    """PSS before and after `connections` shoppers have been connected for `seconds`."""
    if target.pid is None:
        raise Broken("the server's processes are not known: without --url one is started, else give its --data-dir")
    host, port = target.address
    http = Http(host, port, connections=8)
    administrator = next(token for role, token in await sign_in(http) if role == "administrator")
    widget_key = (await http.expect("GET", "/shop/snippet", None, administrator))["widget_key"]
    await asyncio.sleep(seconds)
    before = observe.sample(target.pid)
    closed: list[str] = []
    sockets: list[WebSocket] = []
    gate = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def one() -> None:
        async with gate:
            token = (await http.expect("POST", "/visitors", {"widget_key": widget_key}))["token"]
            heard: asyncio.Queue[bytes] = asyncio.Queue()
            socket = await open_socket(host, port, "/visitor/socket", heard.put_nowait, closed.append)
            socket.send(msgspec.json.encode({"type": "hello", "token": token}))
            await heard.get()
            if have_spoken:
                content = {"type": "text", "text": "你好"}
                socket.send(msgspec.json.encode({"type": "send", "id": secrets.token_hex(8), "content": content}))
                while b'"ack"' not in await heard.get():
                    pass
            sockets.append(socket)

    await asyncio.gather(*(one() for _ in range(connections)))
    await asyncio.sleep(seconds)
    after = observe.sample(target.pid)
    for socket in sockets:
        socket.close()
    await http.close()
    pss_before, pss_after = observe.total_pss_mb(before), observe.total_pss_mb(after)
    return {
        "connections": connections, "pss_before_mb": pss_before, "pss_mb": pss_after,
        "added_mb": round(pss_after - pss_before, 1), "closed": len(closed), "have_spoken": have_spoken,
        "memory_before": observe.memory_by_role(before), "memory_after": observe.memory_by_role(after),
    }  # fmt: skip
