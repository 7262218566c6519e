"""Who may do what: every operation and every socket command against every kind of caller, expected by hand.

Columns, in order: nobody, the visitor who owns the object, another visitor of the shop, an agent, an administrator and
an editor of the shop, an agent and an administrator of another shop. All objects belong to shop A and exist; what
another shop's people get for them must be what they get for ids that exist nowhere.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from stage import PASSWORD, WAIT, Branch, Shopper, Stage, a_picture, client_id

from xiaoer.application.http.app import make_app
from xiaoer.application.live.frames import StaffCommand, VisitorCommand

COLUMNS = ("nobody", "visitor", "other", "agent", "administrator", "editor", "foreign_agent", "foreign_administrator")
OUTSIDERS = ("nobody", "other", "foreign_agent", "foreign_administrator")
MARKER = "密语青花瓷"


class World:
    """The objects of one cell, made when a row asks for them; all of shop A."""

    def __init__(self, stage: Stage, principal: str) -> None:
        self.stage = stage
        self.principal = principal
        self.a: Branch = stage.a
        self.home: Branch = stage.b if principal.startswith("foreign") else stage.a

    @cached_property
    def visitor(self) -> Shopper:
        return self.stage.visitor(self.a, name=f"{MARKER}客")

    @cached_property
    def token(self) -> str | None:
        if self.principal == "nobody":
            return None
        if self.principal == "visitor":
            return self.visitor.token
        if self.principal == "other":
            return self.stage.visitor(self.a).token
        return self.stage.sign_in(self.home, self.home.people[self.principal.removeprefix("foreign_")].staff_id)

    @cached_property
    def conversation(self) -> str:
        """Served by the bot, with a sealed phone number in event 2."""
        found = UUID(self.stage.say(self.visitor, f"{MARKER}，我的手机号是13812348000")["conversation_id"])
        self.stage.await_answer(found)
        return str(found)

    @cached_property
    def mine(self) -> str:
        """Taken over by shop A's agent."""
        with self.stage.client(self.a.people["agent"].token) as client:
            assert client.post(f"/conversations/{self.conversation}/take-over").status_code == 200
        return self.conversation

    @cached_property
    def ended(self) -> str:
        with self.stage.client(self.visitor.token) as client:
            assert self.conversation
            assert client.post("/visitor/end").status_code == 204
        return self.conversation

    @cached_property
    def customer(self) -> str:
        assert self.conversation
        return str(self.visitor.customer_id)

    def _upload(self, path: str, token: str) -> str:
        with self.stage.client(token) as client:
            response = client.post(path, files={"file": ("x.png", a_picture(), "image/png")})
        assert response.status_code == 201
        return str(response.json()["attachment_id"])

    @cached_property
    def file(self) -> str:
        return self._upload("/visitor/attachments", self.visitor.token)

    @cached_property
    def entry(self) -> str:
        with self.stage.client(self.a.people["administrator"].token) as client:
            response = client.post("/knowledge/entries", json=draft(f"{MARKER}怎么保养？"))
        assert response.status_code == 201, response.text
        return str(response.json()["entry_id"])

    @cached_property
    def order(self) -> str:
        return self.a.order_number

    @cached_property
    def colleague(self) -> str:
        return str(self.stage.hire(self.a, "agent").staff_id)


class Nowhere(World):
    """The same caller, and ids that exist in no shop."""

    conversation = mine = ended = customer = file = colleague = cached_property(lambda _: str(uuid4()))  # type: ignore
    entry = cached_property(lambda _: "own.0000000000000000")  # type: ignore[assignment]
    order = cached_property(lambda _: "QH88888888888888")  # type: ignore[assignment]


for _name in ("conversation", "mine", "ended", "customer", "file", "colleague", "entry", "order"):
    Nowhere.__dict__[_name].__set_name__(Nowhere, _name) if Nowhere.__dict__[_name].attrname is None else None


def draft(question: str) -> dict[str, Any]:
    content = {"zh-CN": {"question": question, "similar": [], "answer": "擦干即可。"}}
    return {"category": "product", "state": "draft", "content": content}


def shop_settings(world: World) -> dict[str, Any]:
    with world.stage.client(world.home.people["administrator"].token) as client:
        shop = client.get("/shop").json()
    return {key: shop[key] for key in ("name", "locale", "timezone", "settings")}


def text_message(_: World) -> dict[str, Any]:
    return {"client_id": client_id("matrix"), "content": {"type": "text", "text": "在吗"}}


CSV = "category,question,answer,state\nproduct,矩阵问题？,矩阵答案。,draft\n"


@dataclass(frozen=True)
class Row:
    """`cells` in the order of COLUMNS; `path` and the answer of `body` are filled from a World."""

    method: str
    path: str
    cells: str
    body: Callable[[World], dict[str, Any]] | None = None
    upload: tuple[str, bytes] | None = None

    def expected(self) -> dict[str, int]:
        return dict(zip(COLUMNS, map(int, self.cells.split()), strict=True))

    def send(self, world: World) -> httpx2.Response:
        path = re.sub(r"\{(\w+)\}", lambda slot: str(getattr(world, slot[1])), self.path)
        options: dict[str, Any] = {}
        if self.body is not None:
            options["json"] = self.body(world)
        if self.upload is not None:
            options["files"] = {"file": self.upload}
        with world.stage.client(world.token) as client:
            url = path if path.startswith("/api") else None
            return client.request(self.method, world.stage.url + path[4:] if url else path, **options)


PUBLIC = "200 200 200 200 200 200 200 200"
VISITORS = "401 200 200 401 401 401 401 401"
OWNER_ONLY = "401 200 404 401 401 401 401 401"
STAFF = "401 401 401 200 200 200 200 200"
DESK = "401 401 401 200 200 403 200 200"
DESK_OBJECT = "401 401 401 200 200 403 404 404"
EDITORS = "401 401 401 403 200 200 403 200"
MANAGERS = "401 401 401 403 200 403 403 200"
PICTURE = ("x.png", a_picture())

MATRIX: dict[str, Row] = {
    # operation                            nobody visitor other | agent admin editor | other shop's agent, admin
    "getWidgetConfig": Row("GET", "/widget/{key}/config", PUBLIC),
    "welcomeVisitor": Row("POST", "/visitors", PUBLIC, lambda w: {"widget_key": w.a.widget_key}),
    "signOutVisitor": Row("POST", "/visitor/sign-out", "401 204 204 204 204 204 204 204"),
    "getOwnConversation": Row("GET", "/visitor/conversation", VISITORS),
    "listOwnHistory": Row("GET", "/visitor/history?before_conversation={conversation}", VISITORS),
    "listOwnEvents": Row("GET", "/visitor/events?conversation_id={conversation}", OWNER_ONLY),
    "sendMessage": Row("POST", "/visitor/messages", VISITORS, text_message),
    "requestPerson": Row("POST", "/visitor/handover", VISITORS, lambda _: {"client_id": client_id("matrix")}),
    "markReadByVisitor": Row(
        "POST", "/visitor/read", "401 204 404 401 401 401 401 401", lambda w: {"conversation_id": w.conversation, "seq": 2}
    ),
    "endOwnConversation": Row("POST", "/visitor/end", "401 204 204 401 401 401 401 401"),
    "rateConversation": Row("POST", "/visitor/rating", OWNER_ONLY, lambda w: {"conversation_id": w.ended, "score": 5}),
    "listOwnOrders": Row("GET", "/visitor/orders", VISITORS),
    "uploadByVisitor": Row("POST", "/visitor/attachments", "401 201 201 401 401 401 401 401", upload=PICTURE),
    "getOwnAttachment": Row("GET", "/visitor/attachments/{file}", OWNER_ONLY),
    "uploadByStaff": Row("POST", "/attachments", "401 401 401 201 201 403 201 201", upload=PICTURE),
    "getAttachment": Row("GET", "/attachments/{file}", DESK_OBJECT),
    "signIn": Row(
        "POST", "/session", PUBLIC, lambda w: {"email": w.home.people["agent"].email, "password": PASSWORD}
    ),
    "getSession": Row("GET", "/session", STAFF),
    "signOut": Row("DELETE", "/session", "204 204 204 204 204 204 204 204"),
    "getSetup": Row("GET", "/setup", PUBLIC),
    "setUp": Row(
        "POST", "/setup", "409 409 409 409 409 409 409 409",
        lambda _: {"shop_name": "丙店", "email": "late@stage.example", "name": "迟到", "password": PASSWORD},
    ),
    "listConversations": Row("GET", "/conversations?view=all&limit=100", DESK),
    "getConversation": Row("GET", "/conversations/{conversation}", DESK_OBJECT),
    "listEvents": Row("GET", "/conversations/{conversation}/events", DESK_OBJECT),
    "sendAsStaff": Row("POST", "/conversations/{mine}/messages", "401 401 401 200 409 403 404 404", text_message),
    "takeOver": Row("POST", "/conversations/{conversation}/take-over", DESK_OBJECT),
    "returnToBot": Row("POST", "/conversations/{mine}/return-to-bot", "401 401 401 200 409 403 404 404"),
    "resolve": Row("POST", "/conversations/{mine}/resolve", DESK_OBJECT),
    "markReadByStaff": Row(
        "POST", "/conversations/{mine}/read", "401 401 401 204 204 403 404 404", lambda _: {"seq": 1}
    ),
    "revealSpans": Row("POST", "/conversations/{conversation}/events/2/reveal", DESK_OBJECT),
    "getCustomer": Row("GET", "/customers/{customer}", DESK_OBJECT),
    "listCustomerOrders": Row("GET", "/customers/{customer}/orders", DESK_OBJECT),
    "getOrder": Row("GET", "/orders/{order}", DESK_OBJECT),
    "listProducts": Row("GET", "/products", STAFF),
    "listEntries": Row("GET", "/knowledge/entries?q=" + MARKER, STAFF),
    "createEntry": Row(
        "POST", "/knowledge/entries", "401 401 401 403 201 201 403 201", lambda w: draft(f"{w.principal}能写吗？")
    ),
    "getEntry": Row("GET", "/knowledge/entries/{entry}", "401 401 401 200 200 200 404 404"),
    "changeEntry": Row(
        "PUT", "/knowledge/entries/{entry}", "401 401 401 403 200 200 403 404", lambda _: draft(f"{MARKER}能改吗？")
    ),
    "archiveEntry": Row("DELETE", "/knowledge/entries/{entry}", "401 401 401 403 200 200 403 404"),
    "listVersions": Row("GET", "/knowledge/entries/{entry}/versions", "401 401 401 200 200 200 404 404"),
    "restoreVersion": Row(
        "POST", "/knowledge/entries/{entry}/restore", "401 401 401 403 200 200 403 404", lambda _: {"version": 1}
    ),
    "listCategories": Row("GET", "/knowledge/categories", STAFF),
    "importEntries": Row("POST", "/knowledge/import?dry_run=true", EDITORS, upload=("k.csv", CSV.encode())),
    "exportEntries": Row("GET", "/knowledge/export", EDITORS),
    "getImportTemplate": Row("GET", "/knowledge/template", STAFF),
    "tryText": Row("POST", "/knowledge/test", STAFF, lambda _: {"text": "包邮吗"}),
    "getShop": Row("GET", "/shop", STAFF),
    "changeShop": Row("PUT", "/shop", MANAGERS, shop_settings),
    "getSnippet": Row("GET", "/shop/snippet", STAFF),
    "listVariables": Row("GET", "/shop/variables", STAFF),
    "getIdentitySecret": Row("GET", "/shop/identity-secret", MANAGERS),
    "rotateIdentitySecret": Row("POST", "/shop/identity-secret/rotate", MANAGERS),
    "listPeople": Row("GET", "/people", STAFF),
    "addPerson": Row(
        "POST", "/people", "401 401 401 403 201 403 403 201",
        lambda _: {"email": f"{client_id('p')}@stage.example", "name": "新人", "role": "agent", "password": PASSWORD},
    ),
    "changePerson": Row(
        "PUT", "/people/{colleague}", "401 401 401 403 200 403 403 404", lambda _: {"name": "改名", "role": "agent"}
    ),
    "listDemoAccounts": Row("GET", "/storefront/accounts", PUBLIC),
    "signInDemoShopper": Row("POST", "/storefront/sign-in", PUBLIC, lambda w: {"account_id": demo_account(w)}),
    "listDemoProducts": Row("GET", "/storefront/products", PUBLIC),
    "getDemoProduct": Row("GET", "/storefront/products/{product}", PUBLIC),
    "getProductImage": Row("GET", "/storefront/images/{image}", PUBLIC),
    "getHealth": Row("GET", "/api/../healthz", PUBLIC),
    "getMetrics": Row("GET", "/api/../metrics", PUBLIC),
}  # fmt: skip


def demo_account(world: World) -> str:
    assert world.a.verified is not None
    return str(world.a.verified.user_id)


World.key = property(lambda self: self.a.widget_key)  # type: ignore[attr-defined]
World.product = property(lambda self: self.a.product_id)  # type: ignore[attr-defined]


def declared_operations() -> set[str]:
    schema = make_app(None, None, [], []).openapi_schema.to_schema()  # type: ignore[arg-type]
    return {operation["operationId"] for methods in schema["paths"].values() for operation in methods.values()}


def test_todo() -> None:
    assert json and WAIT and VisitorCommand and StaffCommand and pytest
