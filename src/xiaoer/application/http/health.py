"""Health for load balancers and figures for Prometheus."""

from __future__ import annotations

import time

import msgspec
from litestar import MediaType, Response, Router, get
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from xiaoer import __version__
from xiaoer.kit.errors import Unavailable

from .errors import RESPONSES
from .services import Services


class Health(msgspec.Struct, frozen=True):
    status: str
    version: str
    database_ms: float


@get("/healthz", operation_id="getHealth", responses=RESPONSES)
async def get_health(services: Services) -> Health:
    """200 while this process can answer a shopper; 503 while its database is away."""
    started = time.perf_counter()
    if await services.backend.db.fetchval("SELECT 1") != 1:
        raise Unavailable("database.unavailable", retry_after=1)
    return Health("ok", __version__, round((time.perf_counter() - started) * 1000, 2))


@get("/metrics", operation_id="getMetrics", responses=RESPONSES, media_type=MediaType.TEXT)
async def get_metrics() -> Response[bytes]:
    """Figures of this process in Prometheus' format; no name, text or number of a person is in them."""
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


health_routes = Router("", route_handlers=[get_health, get_metrics], tags=["operations"])
