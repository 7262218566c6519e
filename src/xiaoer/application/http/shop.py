"""Settings over HTTP: the shop, the widget's snippet and key, the people."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post, put

from xiaoer.business.audit.actions import record_deed
from xiaoer.business.identity import actions as identity
from xiaoer.business.identity import queries as identity_queries
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff, StaffView
from xiaoer.business.shop import actions, queries
from xiaoer.business.shop.types import Settings, ShopView

from .errors import RESPONSES
from .principals import STAFF_ONLY
from .services import Services

Short = Annotated[str, msgspec.Meta(max_length=254)]


class ShopDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Short
    locale: Short
    timezone: Short
    settings: Settings


class Snippet(msgspec.Struct, frozen=True):
    widget_key: str
    snippet: str


class Secret(msgspec.Struct, frozen=True):
    secret: str


class People(msgspec.Struct, frozen=True):
    items: list[StaffView]


class NewPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    email: Short
    name: Short
    role: Short
    password: Annotated[str, msgspec.Meta(max_length=1024)]


class PersonDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: Short
    role: Short
    disabled: bool = False
    password: Annotated[str, msgspec.Meta(max_length=1024)] | None = None


class VariableView(msgspec.Struct, frozen=True):
    """A fact that answers interpolate: its names and the pack's values, per locale."""

    name: str
    label: dict[str, str]
    value: dict[str, str]


class Variables(msgspec.Struct, frozen=True):
    items: list[VariableView]


@get("/shop", operation_id="getShop", responses=RESPONSES)
async def get_shop(services: Services, staff: Staff) -> ShopView:
    """The shop with its settings."""
    return queries.as_view(await queries.get_shop(services.backend, staff.shop_id))


@put("/shop", operation_id="changeShop", responses=RESPONSES)
async def change_shop(services: Services, staff: Staff, data: ShopDraft) -> ShopView:
    """Change the shop's settings."""
    identity_rules.check_permission(staff, identity_rules.SHOP_MANAGE)
    shop = await actions.change_shop(
        services.backend, staff.shop_id, staff.staff_id, name=data.name, locale=data.locale, timezone=data.timezone,
        settings=data.settings,
    )  # fmt: skip
    return queries.as_view(shop)


@get("/shop/snippet", operation_id="getSnippet", responses=RESPONSES)
async def get_snippet(request: Request[Any, Any, Any], services: Services, staff: Staff) -> Snippet:
    """The tag that puts the widget on a page."""
    shop = await queries.get_shop(services.backend, staff.shop_id)
    origin = f"{request.url.scheme}://{request.headers.get('host', '')}"
    tag = f'<script async src="{origin}/widget.js" data-shop="{shop.widget_key}"></script>'
    return Snippet(shop.widget_key, tag)


@get("/shop/variables", operation_id="listVariables", responses=RESPONSES)
async def list_variables(services: Services, staff: Staff) -> Variables:
    """The facts that answers interpolate, with the pack's values; the shop's own are in its settings."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_READ)
    pack = services.library.models.pack
    return Variables([VariableView(name, one.name, one.value) for name, one in pack.variables.items()])


@get("/shop/identity-secret", operation_id="getIdentitySecret", responses=RESPONSES)
async def get_secret(services: Services, staff: Staff) -> Secret:
    """The key that signs shoppers' identities; every look is recorded."""
    identity_rules.check_permission(staff, identity_rules.SHOP_MANAGE)
    await record_deed(
        services.backend.db, staff.shop_id, "shop.identity_secret_shown", actor_kind="staff", actor_id=staff.staff_id,
        object_kind="shop", object_id=staff.shop_id,
    )  # fmt: skip
    return Secret(await queries.get_identity_secret(services.backend, staff.shop_id))


@post("/shop/identity-secret/rotate", operation_id="rotateIdentitySecret", status_code=200, responses=RESPONSES)
async def rotate_secret(services: Services, staff: Staff) -> Secret:
    """A new key; what the old one signed is refused from now on."""
    identity_rules.check_permission(staff, identity_rules.SHOP_MANAGE)
    await actions.rotate_identity_secret(services.backend, staff.shop_id, staff.staff_id)
    return Secret(await queries.get_identity_secret(services.backend, staff.shop_id))


@get("/people", operation_id="listPeople", responses=RESPONSES)
async def list_people(services: Services, staff: Staff) -> People:
    """Everybody of the shop."""
    return People(await identity_queries.list_staff(services.backend, staff))


@post("/people", operation_id="addPerson", status_code=201, responses=RESPONSES)
async def add_person(services: Services, staff: Staff, data: NewPerson) -> StaffView:
    """A new colleague."""
    return await identity.create_staff(
        services.backend, staff, email=data.email, name=data.name, role=data.role, password=data.password
    )


@put("/people/{staff_id:uuid}", operation_id="changePerson", responses=RESPONSES)
async def change_person(services: Services, staff: Staff, staff_id: UUID, data: PersonDraft) -> StaffView:
    """Change a colleague's name, role or password, or disable the account."""
    return await identity.change_staff(
        services.backend, staff, staff_id, name=data.name, role=data.role, disabled=data.disabled,
        password=data.password,
    )  # fmt: skip


shop_routes = Router(
    "",
    route_handlers=[
        get_shop, change_shop, get_snippet, list_variables, get_secret, rotate_secret, list_people, add_person,
        change_person,
    ],
    tags=["shop"],
    security=STAFF_ONLY,
)  # fmt: skip
