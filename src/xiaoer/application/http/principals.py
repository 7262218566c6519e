"""Who asks: a visitor by bearer token, staff by cookie or bearer token."""

from __future__ import annotations

from typing import Any

from litestar import Request
from litestar.datastructures import State
from litestar.openapi.spec import Components, SecurityScheme

from xiaoer.business.customer.queries import get_visitor_by_token
from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity.queries import get_staff_by_token
from xiaoer.business.identity.types import Staff
from xiaoer.kit.errors import NotAllowed, NotSignedIn

from .services import Services

COOKIE = "xiaoer_session"
SECURE_COOKIE = "__Host-xiaoer_session"
_SAFE = {"GET", "HEAD", "OPTIONS"}

# How the API's description names the ways in; `provide_staff` and `provide_visitor` are what really asks.
STAFF_ONLY: list[dict[str, list[str]]] = [{"staffSession": []}, {"staffCookie": []}]
VISITOR_ONLY: list[dict[str, list[str]]] = [{"visitorToken": []}]
SECURITY_SCHEMES = Components(
    security_schemes={
        "staffSession": SecurityScheme(type="http", scheme="bearer", description="The token of POST /session"),
        "staffCookie": SecurityScheme(type="apiKey", security_scheme_in="cookie", name=COOKIE),
        "visitorToken": SecurityScheme(type="http", scheme="bearer", description="The token of POST /visitors"),
    }
)


async def provide_services(state: State) -> Services:
    services: Services = state.services
    return services


def bearer(request: Request[Any, Any, Any]) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip()[:200] if scheme.lower() == "bearer" and token.strip() else None


def staff_token(request: Request[Any, Any, Any]) -> str | None:
    """The session's token; a cookie may change things only with the header that no foreign page can send."""
    token = bearer(request)
    if token is not None:
        return token
    cookie = request.cookies.get(SECURE_COOKIE) or request.cookies.get(COOKIE)
    if cookie is not None and request.method not in _SAFE and request.headers.get("x-xiaoer") != "1":
        raise NotAllowed("csrf.header_missing", header="X-Xiaoer")
    return cookie


async def provide_staff(request: Request[Any, Any, Any], services: Services) -> Staff:
    token = staff_token(request)
    if token is None:
        raise NotSignedIn("session.missing")
    return await get_staff_by_token(services.backend, token)


async def provide_visitor(request: Request[Any, Any, Any], services: Services) -> Visitor:
    token = bearer(request)
    if token is None:
        raise NotSignedIn("visitor.token_missing")
    return await get_visitor_by_token(services.backend, token)
