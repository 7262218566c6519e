"""Staff sign in and out; the first run's wizard."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Response, Router, delete, get, post
from litestar.datastructures import Cookie

from xiaoer.business.identity import actions as identity
from xiaoer.business.identity import queries as identity_queries
from xiaoer.business.identity.types import SignedIn, Staff, StaffView
from xiaoer.business.onboarding.actions.shops import set_up_shop
from xiaoer.business.onboarding.types import DEMO_ACCOUNTS, DemoAccount, FirstRun
from xiaoer.business.shop.queries import find_demo_shop, get_shop

from .errors import RESPONSES
from .principals import COOKIE, SECURE_COOKIE, STAFF_ONLY, staff_token
from .services import Services

Short = Annotated[str, msgspec.Meta(max_length=254)]


class Credentials(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Short
    password: Annotated[str, msgspec.Meta(max_length=1024)]


class ShopBrief(msgspec.Struct, frozen=True):
    shop_id: UUID
    name: str
    locale: str
    is_demo: bool


class OwnSession(msgspec.Struct, frozen=True):
    staff: StaffView
    shop: ShopBrief


class SetupState(msgspec.Struct, frozen=True):
    """`demo_accounts` are there only while the demo shop is."""

    needs_setup: bool
    is_demo: bool
    demo_accounts: list[DemoAccount]


def _with_cookie(services: Services, signed_in: SignedIn) -> Response[SignedIn]:
    cookie = Cookie(
        key=SECURE_COOKIE if services.is_secure else COOKIE, value=signed_in.token, path="/", httponly=True,
        samesite="lax", secure=services.is_secure, max_age=int(identity.SESSION_LIFE.total_seconds()),
    )  # fmt: skip
    return Response(signed_in, cookies=[cookie])


@post("/session", operation_id="signIn", status_code=200, responses=RESPONSES)
async def sign_in(request: Request[Any, Any, Any], services: Services, data: Credentials) -> Response[SignedIn]:
    """Begin a session; sets the cookie and returns the same token for scripts."""
    signed_in = await identity.sign_in(
        services.backend, email=data.email, password=data.password,
        address=request.client.host if request.client else "", user_agent=request.headers.get("user-agent", ""),
    )  # fmt: skip
    return _with_cookie(services, signed_in)


@get("/session", operation_id="getSession", security=STAFF_ONLY, responses=RESPONSES)
async def get_session(services: Services, staff: Staff) -> OwnSession:
    """Who is signed in, and to which shop."""
    shop = await get_shop(services.backend, staff.shop_id)
    view = await identity_queries.get_own_view(services.backend, staff)
    return OwnSession(view, ShopBrief(shop.shop_id, shop.name, shop.locale, shop.is_demo))


# A browser takes the removal of a `__Host-` cookie only when that is marked secure as well.
_NO_COOKIES = [
    Cookie(key=COOKIE, value="", path="/", max_age=0),
    Cookie(key=SECURE_COOKIE, value="", path="/", max_age=0, secure=True),
]


@delete("/session", operation_id="signOut", status_code=204, responses=RESPONSES, response_cookies=_NO_COOKIES)
async def sign_out(request: Request[Any, Any, Any], services: Services) -> None:
    """End this session."""
    token = staff_token(request)
    if token is not None:
        await identity.sign_out(services.backend, token)


@get("/setup", operation_id="getSetup", responses=RESPONSES)
async def get_setup(services: Services) -> SetupState:
    """Whether anybody can sign in yet."""
    demo = await find_demo_shop(services.backend)
    return SetupState(
        needs_setup=await identity_queries.needs_setup(services.backend), is_demo=demo is not None,
        demo_accounts=list(DEMO_ACCOUNTS) if demo else [],
    )  # fmt: skip


@post("/setup", operation_id="setUp", status_code=200, responses=RESPONSES)
async def set_up(request: Request[Any, Any, Any], services: Services, data: FirstRun) -> Response[SignedIn]:
    """The first run: a shop, its administrator, its starting knowledge. Once only."""
    signed_in = await set_up_shop(
        services.backend, services.library, data,
        user_agent=request.headers.get("user-agent", ""),
    )  # fmt: skip
    return _with_cookie(services, signed_in)


session_routes = Router("", route_handlers=[sign_in, get_session, sign_out, get_setup, set_up], tags=["session"])
