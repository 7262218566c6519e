"""The web application of one process, out of its routes."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from prometheus_client import Counter, Histogram

from xiaoer import __version__
from xiaoer.kit.errors import XiaoerError
from xiaoer.kit.ids import new_id
from xiaoer.kit.logging import bound

from . import errors
from .attachment import attachment_routes
from .conversation import conversation_routes
from .health import health_routes
from .knowledge import knowledge_routes
from .pages import page_routes
from .principals import SECURITY_SCHEMES, provide_services, provide_staff, provide_visitor
from .services import Services
from .session import session_routes
from .shop import shop_routes
from .storefront import storefront_routes
from .visitor import visitor_routes

BODY_LIMIT = 12 * 2**20

REQUESTS = Counter("xiaoer_http_requests", "HTTP requests answered", ["method", "status"])
SECONDS = Histogram(
    "xiaoer_http_seconds", "Time to answer an HTTP request", buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 3)
)


class _Envelope:
    """Around every request: an id for the logs, its time and status, and the headers that every answer has."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = str(scope.get("method", ""))
        if scope["type"] != ScopeType.HTTP:
            await self.app(scope, receive, send)
            return
        request_id = new_id().hex
        started = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []), (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"strict-origin-when-cross-origin"), (b"x-request-id", request_id.encode()),
                ]  # fmt: skip
                REQUESTS.labels(method, str(message["status"])).inc()
                SECONDS.observe(time.perf_counter() - started)
            await send(message)

        with bound(request=request_id):
            await self.app(scope, receive, send_with_headers)


def make_envelope(app: ASGIApp) -> ASGIApp:
    return _Envelope(app)


def _handle_unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[errors.Problem]:
    return errors.answer_unexpected(request, error)


def make_app(
    services: Services, live: Any, sockets: Sequence[Any], lifespan: Sequence[Callable[[Litestar], Any]]
) -> Litestar:
    """All routes with their dependencies, errors and description."""
    api = Router(
        "/api/v1",
        route_handlers=[
            visitor_routes, attachment_routes, session_routes, conversation_routes, knowledge_routes, shop_routes,
            storefront_routes,
        ],
    )  # fmt: skip
    return Litestar(
        route_handlers=[api, health_routes, page_routes, *sockets],
        dependencies={
            "services": Provide(provide_services), "staff": Provide(provide_staff),
            "visitor": Provide(provide_visitor),
        },
        exception_handlers={
            XiaoerError: errors.answer_expected, msgspec.ValidationError: errors.answer_unexpected,
            HTTPException: errors.answer_framework, Exception: _handle_unexpected,
        },
        before_request=errors.refuse_nul,
        state=State({"services": services, "live": live}),
        lifespan=list(lifespan),
        middleware=[make_envelope],
        cors_config=CORSConfig(
            allow_origins=["*"], allow_methods=["GET", "POST", "PUT", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "Accept-Language"], max_age=3600,
        ),
        request_max_body_size=BODY_LIMIT,
        openapi_config=OpenAPIConfig(
            title="Xiaoer", version=__version__, path="/schema", create_examples=False,
            components=SECURITY_SCHEMES, use_handler_docstrings=True,
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        logging_config=None,
    )  # fmt: skip
