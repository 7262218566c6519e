"""The desk over HTTP: lists, one conversation, and what staff do in it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Router, get, post

from xiaoer.business.catalog.queries import list_products as list_goods
from xiaoer.business.catalog.types import Logistics, Order, Product
from xiaoer.business.conversation import queries
from xiaoer.business.conversation.actions import desk
from xiaoer.business.conversation.types import (
    Ack,
    ClientId,
    ConversationPage,
    ConversationSummary,
    EventPage,
    RevealedSpan,
    StaffContent,
    StaffSnapshot,
)
from xiaoer.business.customer.queries import get_customer
from xiaoer.business.customer.types import CustomerView
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.kit.errors import NotFound

from .errors import RESPONSES, SeqGiven, SeqOrNone
from .principals import STAFF_ONLY
from .services import Services

Seq = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class StaffSendBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client_id: ClientId
    content: StaffContent
    is_note: bool = False


class StaffReadBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`seq` is a public number."""

    seq: Seq


class Revealed(msgspec.Struct, frozen=True):
    spans: list[RevealedSpan]


class CustomerPage(CustomerView, frozen=True):
    conversations: list[ConversationSummary]


class CustomerOrders(msgspec.Struct, frozen=True):
    orders: list[Order]


class OrderPage(msgspec.Struct, frozen=True):
    order: Order
    logistics: list[Logistics]


class ProductList(msgspec.Struct, frozen=True):
    items: list[Product]


@get("/conversations", operation_id="listConversations", responses=RESPONSES)
async def list_conversations(
    services: Services, staff: Staff, view: str = "queue", q: str | None = None, cursor: str | None = None,
    limit: int = 50,
) -> ConversationPage:  # fmt: skip
    """A page of one of the desk's tabs: queue, mine, bot, staff, ended or all."""
    return await queries.list_conversations(services.backend, staff, view=view, words=q, cursor=cursor, limit=limit)


@get("/conversations/{conversation_id:uuid}", operation_id="getConversation", responses=RESPONSES)
async def get_conversation(services: Services, staff: Staff, conversation_id: UUID) -> StaffSnapshot:
    """A conversation with its last fifty events."""
    return await queries.get_staff_snapshot(services.backend, staff, conversation_id)


@get("/conversations/{conversation_id:uuid}/events", operation_id="listEvents", responses=RESPONSES)
async def list_events(
    services: Services, staff: Staff, conversation_id: UUID, since: SeqOrNone = None, before: SeqOrNone = None,
    limit: int = 50,
) -> EventPage:  # fmt: skip
    """What came after `since`, or the last events before `before`."""
    return await queries.list_staff_events(
        services.backend, staff, conversation_id, since=since, before=before, limit=limit
    )


@post(
    "/conversations/{conversation_id:uuid}/messages", operation_id="sendAsStaff", status_code=200, responses=RESPONSES
)
async def send_message(services: Services, staff: Staff, conversation_id: UUID, data: StaffSendBody) -> Ack:
    """Say something to the shopper, or leave a note; once per `client_id`."""
    return await desk.send_message(
        services.backend, services.platform, staff, conversation_id, client_id=data.client_id, content=data.content,
        is_note=data.is_note,
    )  # fmt: skip


@post("/conversations/{conversation_id:uuid}/take-over", operation_id="takeOver", status_code=200, responses=RESPONSES)
async def take_over(services: Services, staff: Staff, conversation_id: UUID) -> ConversationSummary:
    """Answer in person from now on."""
    await desk.take_over(services.backend, staff, conversation_id)
    return await queries.get_summary(services.backend, staff, conversation_id)


@post(
    "/conversations/{conversation_id:uuid}/return-to-bot",
    operation_id="returnToBot",
    status_code=200,
    responses=RESPONSES,
)
async def return_to_bot(services: Services, staff: Staff, conversation_id: UUID) -> ConversationSummary:
    """Let the bot serve again."""
    await desk.return_to_bot(services.backend, staff, conversation_id)
    return await queries.get_summary(services.backend, staff, conversation_id)


@post("/conversations/{conversation_id:uuid}/resolve", operation_id="resolve", status_code=200, responses=RESPONSES)
async def resolve(services: Services, staff: Staff, conversation_id: UUID) -> ConversationSummary:
    """End the conversation."""
    await desk.resolve(services.backend, staff, conversation_id)
    return await queries.get_summary(services.backend, staff, conversation_id)


@post(
    "/conversations/{conversation_id:uuid}/read", operation_id="markReadByStaff", status_code=204, responses=RESPONSES
)
async def mark_read(services: Services, staff: Staff, conversation_id: UUID, data: StaffReadBody) -> None:
    """Everything up to that public number has been read."""
    await desk.mark_read(services.backend, staff, conversation_id, data.seq)


@post(
    "/conversations/{conversation_id:uuid}/events/{seq:int}/reveal", operation_id="revealSpans", status_code=200,
    responses=RESPONSES,
)  # fmt: skip
async def reveal(services: Services, staff: Staff, conversation_id: UUID, seq: SeqGiven) -> Revealed:
    """The personal data behind a message's masks; recorded."""
    return Revealed(await desk.reveal_spans(services.backend, staff, conversation_id, seq))


@get("/customers/{customer_id:uuid}", operation_id="getCustomer", responses=RESPONSES)
async def get_one_customer(services: Services, staff: Staff, customer_id: UUID) -> CustomerPage:
    """A customer with their last ten conversations."""
    view = await get_customer(services.backend, staff, customer_id)
    earlier = await queries.list_of_customer(services.backend, staff, customer_id)
    return CustomerPage(**msgspec.structs.asdict(view), conversations=earlier)


@get("/customers/{customer_id:uuid}/orders", operation_id="listCustomerOrders", responses=RESPONSES)
async def list_customer_orders(services: Services, staff: Staff, customer_id: UUID) -> CustomerOrders:
    """A signed-in customer's newest orders; an anonymous one has none."""
    view = await get_customer(services.backend, staff, customer_id)
    if view.external_id is None:
        return CustomerOrders([])
    return CustomerOrders(list(await services.platform.list_orders(staff.shop_id, view.external_id, staff.locale, 20)))


@get("/orders/{number:str}", operation_id="getOrder", responses=RESPONSES)
async def get_order(services: Services, staff: Staff, number: str) -> OrderPage:
    """An order of the shop with its parcels."""
    identity_rules.check_permission(staff, identity_rules.CUSTOMER_READ)
    order = await services.platform.find_order(staff.shop_id, None, number, staff.locale)
    if order is None:
        raise NotFound("order.not_found", field="number")
    return OrderPage(order, list(await services.platform.list_logistics(staff.shop_id, number, staff.locale)))


@get("/products", operation_id="listProducts", responses=RESPONSES)
async def list_products(services: Services, staff: Staff, q: str | None = None) -> ProductList:
    """Goods of the shop whose title holds the words."""
    return ProductList(await list_goods(services.backend, staff.shop_id, staff.locale, text=q, limit=30))


conversation_routes = Router(
    "",
    route_handlers=[
        list_conversations, get_conversation, list_events, send_message, take_over, return_to_bot, resolve, mark_read,
        reveal, get_one_customer, list_customer_orders, get_order, list_products,
    ],
    tags=["desk"],
    security=STAFF_ONLY,
)  # fmt: skip
