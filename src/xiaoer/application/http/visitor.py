"""What a widget asks for: its configuration, who it serves, and the conversation as HTTP has it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, Router, get, post
from litestar.params import Parameter

from xiaoer.business.catalog.types import Order
from xiaoer.business.conversation import queries
from xiaoer.business.conversation.actions import shopper
from xiaoer.business.conversation.types import (
    Ack,
    ClientId,
    EventPage,
    PageContext,
    Rating,
    VisitorContent,
    VisitorSnapshot,
)
from xiaoer.business.customer.actions import sign_out_visitor, welcome_visitor
from xiaoer.business.customer.types import Identity, Visitor, VisitorWelcome
from xiaoer.business.reply.queries import WidgetConfig, get_widget_config
from xiaoer.business.shop.queries import get_shop_by_widget_key
from xiaoer.kit.errors import NotAllowed

from .errors import RESPONSES, SeqGiven, SeqOrNone
from .principals import VISITOR_ONLY, bearer
from .services import Services

Text200 = Annotated[str, msgspec.Meta(max_length=200)]
Seq = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Hello(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    widget_key: Text200
    token: Text200 | None = None
    identity: Identity | None = None
    locale: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    name: Text200 | None = None


class SendBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client_id: ClientId
    content: VisitorContent
    context: PageContext | None = None


class ReadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    conversation_id: UUID
    seq: Seq


class HandoverBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client_id: ClientId


class RatingBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    conversation_id: UUID
    score: int
    tags: list[str] = []
    comment: str = ""


class OwnOrders(msgspec.Struct, frozen=True):
    signed_in: bool
    orders: list[Order]


def _check_origin(request: Request[Any, Any, Any], allowed: list[str]) -> None:
    """A shop may name the sites that embed its widget; our own pages always may."""
    origin = request.headers.get("origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    if allowed and origin is not None and origin not in (*allowed, own):
        raise NotAllowed("widget.origin_not_allowed", origin=origin[:200])


@get("/widget/{widget_key:str}/config", operation_id="getWidgetConfig", responses=RESPONSES)
async def get_config(
    request: Request[Any, Any, Any], services: Services, widget_key: str, locale: str | None = None
) -> WidgetConfig:
    """What a widget shows before anybody has said anything."""
    shop = await get_shop_by_widget_key(services.backend, widget_key)
    _check_origin(request, shop.settings.allowed_origins)
    return await get_widget_config(services.backend, services.library, shop, locale)


@post("/visitors", operation_id="welcomeVisitor", status_code=200, responses=RESPONSES)
async def welcome(request: Request[Any, Any, Any], services: Services, data: Hello) -> VisitorWelcome:
    """Resume or begin a visitor; a signed identity signs the shopper in and brings the visitor's history along."""
    shop = await get_shop_by_widget_key(services.backend, data.widget_key)
    _check_origin(request, shop.settings.allowed_origins)
    return await welcome_visitor(
        services.backend, widget_key=data.widget_key, token=data.token, identity=data.identity, locale=data.locale,
        name=data.name, address=request.client.host if request.client else "", join_history=shopper.join_history,
    )  # fmt: skip


@post("/visitor/sign-out", operation_id="signOutVisitor", security=VISITOR_ONLY, status_code=204, responses=RESPONSES)
async def sign_out(request: Request[Any, Any, Any], services: Services, visitor: Visitor) -> None:
    """Forget this visitor's token."""
    await sign_out_visitor(services.backend, bearer(request) or "")


@get("/visitor/conversation", operation_id="getOwnConversation", security=VISITOR_ONLY, responses=RESPONSES)
async def get_conversation(services: Services, visitor: Visitor) -> VisitorSnapshot:
    """The open conversation, else the latest, with its last fifty events."""
    snapshot, _ = await queries.get_visitor_snapshot(services.backend, visitor)
    return snapshot


@get("/visitor/history", operation_id="listOwnHistory", security=VISITOR_ONLY, responses=RESPONSES)
async def list_history(
    services: Services, visitor: Visitor, before_conversation: UUID | None = None, before_seq: SeqOrNone = None
) -> EventPage:
    """Older messages over all of the visitor's conversations."""
    return await queries.list_visitor_history(services.backend, visitor, before_conversation, before_seq)


@get("/visitor/events", operation_id="listOwnEvents", security=VISITOR_ONLY, responses=RESPONSES)
async def list_events(services: Services, visitor: Visitor, conversation_id: UUID, since: SeqGiven = 0) -> EventPage:
    """What came after `since`, for a widget without a socket."""
    return await queries.list_visitor_events(services.backend, visitor, conversation_id, since)


@post("/visitor/messages", operation_id="sendMessage", security=VISITOR_ONLY, status_code=200, responses=RESPONSES)
async def send_message(services: Services, visitor: Visitor, data: SendBody) -> Ack:
    """Send once per `client_id`; what is acknowledged is stored."""
    received = await shopper.receive_message(
        services.backend, services.platform, visitor, client_id=data.client_id, content=data.content,
        context=data.context,
    )  # fmt: skip
    if received.turn is not None:
        services.take_turn(received.turn)
    return received.ack


@post("/visitor/handover", operation_id="requestPerson", security=VISITOR_ONLY, status_code=200, responses=RESPONSES)
async def request_person(services: Services, visitor: Visitor, data: HandoverBody) -> Ack:
    """Ask for a person."""
    received = await shopper.request_person(services.backend, services.platform, visitor, data.client_id)
    if received.turn is not None:
        services.take_turn(received.turn)
    return received.ack


@post("/visitor/read", operation_id="markReadByVisitor", security=VISITOR_ONLY, status_code=204, responses=RESPONSES)
async def mark_read(services: Services, visitor: Visitor, data: ReadBody) -> None:
    """Everything up to `seq` has been seen."""
    await shopper.mark_read(services.backend, visitor, data.conversation_id, data.seq)


@post("/visitor/end", operation_id="endOwnConversation", security=VISITOR_ONLY, status_code=204, responses=RESPONSES)
async def end(services: Services, visitor: Visitor) -> None:
    """End the open conversation."""
    await shopper.end_conversation(services.backend, visitor)


@post("/visitor/rating", operation_id="rateConversation", security=VISITOR_ONLY, status_code=200, responses=RESPONSES)
async def rate(services: Services, visitor: Visitor, data: RatingBody) -> Rating:
    """Rate an ended conversation; changeable for a day."""
    return await shopper.rate(
        services.backend, visitor, data.conversation_id, score=data.score, tags=data.tags, comment=data.comment
    )


@get("/visitor/orders", operation_id="listOwnOrders", security=VISITOR_ONLY, responses=RESPONSES)
async def list_orders(
    services: Services, visitor: Visitor, locale: Annotated[str | None, Parameter(max_length=20)] = None
) -> OwnOrders:
    """The signed-in shopper's newest orders."""
    if visitor.external_id is None:
        return OwnOrders(signed_in=False, orders=[])
    chosen = locale if locale in ("zh-CN", "en") else visitor.locale
    orders = await services.platform.list_orders(visitor.shop_id, visitor.external_id, chosen, 20)
    return OwnOrders(signed_in=True, orders=list(orders))


visitor_routes = Router(
    "",
    route_handlers=[
        get_config, welcome, sign_out, get_conversation, list_history, list_events, send_message, request_person,
        mark_read, end, rate, list_orders,
    ],
    tags=["visitor"],
)  # fmt: skip
