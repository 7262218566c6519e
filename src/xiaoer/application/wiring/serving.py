"""Serving a web process: its application, on its port, until told to stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import socket
from typing import Any

import uvicorn
import uvloop
from litestar import Litestar, WebSocket

from xiaoer.application.http.app import make_app
from xiaoer.application.http.principals import COOKIE, SECURE_COOKIE
from xiaoer.application.http.services import Services
from xiaoer.application.live.endpoints import Live, desk_socket, visitor_socket
from xiaoer.application.wiring.doors import make_desk_door, make_visitor_door
from xiaoer.application.wiring.web import PACK_FOLDER, Web
from xiaoer.business.onboarding.actions.shops import ensure_demo_shop
from xiaoer.business.shop.queries import find_demo_shop
from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.durability import check_durability
from xiaoer.kit.config import Config

WEB_CONNECTIONS = 12
FRAME_LIMIT = 64 * 1024
RENEWAL_PAUSE_SECONDS = 10


def run_web(config: Config, dsn: str) -> None:
    """Serve HTTP and sockets until told to stop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve_web(config, dsn))


async def _serve_web(config: Config, dsn: str) -> None:
    # Two lines for every socket that opens and closes would drown the rest.
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    db = await Database.connect(dsn, min_size=2, max_size=WEB_CONNECTIONS)
    await check_durability(db)
    web = Web(config, dsn, db)
    is_seeded = config.demo and await find_demo_shop(web.backend) is not None
    if config.demo and not is_seeded:
        await ensure_demo_shop(web.backend, web.library, web.platform, PACK_FOLDER / "shop")
    app = make_web_app(web)
    server = uvicorn.Server(
        uvicorn.Config(
            app, host=config.host, port=config.port, ws="websockets-sansio", ws_max_size=FRAME_LIMIT,
            ws_ping_interval=20, ws_ping_timeout=20, ws_per_message_deflate=False, log_config=None, access_log=False,
            server_header=False, timeout_graceful_shutdown=5, timeout_keep_alive=75,
        )
    )  # fmt: skip
    # Models and modules live as long as the process: no collection need look at them again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    renewal = asyncio.create_task(_renew_demo(web)) if is_seeded else None
    lent = os.environ.get("XIAOER_LISTENER")
    await server.serve(sockets=[socket.socket(fileno=int(lent))] if lent else None)
    if renewal:
        renewal.cancel()


async def _renew_demo(web: Web) -> None:
    """Bring the demo's dates and its pack up to today, once the shop is being served."""
    await asyncio.sleep(RENEWAL_PAUSE_SECONDS)
    await ensure_demo_shop(web.backend, web.library, web.platform, PACK_FOLDER / "shop")


def make_web_app(web: Web) -> Litestar:
    """The application of a web process, ready to be served."""
    services = Services(
        backend=web.backend, platform=web.platform, library=web.library, take_turn=web.start_turn,
        is_secure=web.is_secure, shop_folder=PACK_FOLDER / "shop",
    )  # fmt: skip
    live = Live(hub=web.hub, visitors=make_visitor_door(web), desks=make_desk_door(web), staff_token=find_staff_token)
    return make_app(services, live, [visitor_socket, desk_socket], [web.lifespan])


def find_staff_token(socket: WebSocket[Any, Any, Any]) -> str | None:
    """The session of a desk's socket: a cookie counts only on our own pages, a bearer token from anywhere."""
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    origin = socket.headers.get("origin", "")
    if origin.partition("://")[2] != socket.headers.get("host", ""):
        return None
    return socket.cookies.get(SECURE_COOKIE) or socket.cookies.get(COOKIE)
