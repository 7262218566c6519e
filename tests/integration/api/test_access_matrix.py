"""Who may do what: every operation and every socket command against every kind of caller, expected by hand.

Columns, in order: nobody, the visitor who owns the object, another visitor of the shop, an agent, an administrator and
an editor of the shop, an agent and an administrator of another shop. All objects belong to shop A and exist; what
another shop's people get for them must be what they get for ids that exist nowhere.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, get_args
from uuid import UUID, uuid4

import httpx2
import pytest
from stage import PASSWORD, Branch, Shopper, Socket, Stage, a_picture, client_id

from xiaoer.application.http.app import make_app
from xiaoer.application.live.frames import StaffCommand, VisitorCommand
from xiaoer.application.wiring.web import PACK_FOLDER
from xiaoer.business.shop.queries import get_identity_secret

COLUMNS = ("nobody", "visitor", "other", "agent", "administrator", "editor", "foreign_agent", "foreign_administrator")
OUTSIDERS = ("nobody", "other", "foreign_agent", "foreign_administrator")
MARKER = "密语青花瓷"
MISSING = {name: str(uuid4()) for name in ("conversation", "mine", "ended", "customer", "file", "colleague")} | {
    "entry": "own.0000000000000000", "order": "QH88888888888888",
}  # fmt: skip


class World:
    """The objects of one cell, made when a row asks for them; all of shop A."""

    def __init__(self, stage: Stage, principal: str, *, is_missing: bool = False) -> None:
        self.stage = stage
        self.is_missing = is_missing
        self.principal = principal
        self.a: Branch = stage.a
        self.home: Branch = stage.b if principal.startswith("foreign") else stage.a

    def find(self, name: str) -> str:
        """The id of an object, or, in a world where nothing exists, one that is nowhere."""
        if self.is_missing and name in MISSING:
            return MISSING[name]
        return str(getattr(self, name))

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

    @property
    def key(self) -> str:
        return self.a.widget_key

    @property
    def product(self) -> str:
        return self.a.product_id

    @property
    def image(self) -> str:
        return next((PACK_FOLDER / "shop" / "images").glob("*.svg")).name


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
        path = re.sub(r"\{(\w+)\}", lambda slot: world.find(slot[1]), self.path)
        options: dict[str, Any] = {}
        if self.body is not None:
            options["json"] = self.body(world)
        if self.upload is not None:
            options["files"] = {"file": self.upload}
        with world.stage.client(world.token) as client:
            return client.request(self.method, world.stage.url + path, **options)


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
    "getWidgetConfig": Row("GET", "/api/v1/widget/{key}/config", PUBLIC),
    "welcomeVisitor": Row("POST", "/api/v1/visitors", PUBLIC, lambda w: {"widget_key": w.a.widget_key}),
    "signOutVisitor": Row("POST", "/api/v1/visitor/sign-out", "401 204 204 401 401 401 401 401"),
    "getOwnConversation": Row("GET", "/api/v1/visitor/conversation", VISITORS),
    "listOwnHistory": Row("GET", "/api/v1/visitor/history?before_conversation={conversation}", VISITORS),
    "listOwnEvents": Row("GET", "/api/v1/visitor/events?conversation_id={conversation}", OWNER_ONLY),
    "sendMessage": Row("POST", "/api/v1/visitor/messages", VISITORS, text_message),
    "requestPerson": Row("POST", "/api/v1/visitor/handover", VISITORS, lambda _: {"client_id": client_id("matrix")}),
    "markReadByVisitor": Row(
        "POST",
        "/api/v1/visitor/read",
        "401 204 404 401 401 401 401 401",
        lambda w: {"conversation_id": w.find("conversation"), "seq": 2},
    ),
    "endOwnConversation": Row("POST", "/api/v1/visitor/end", "401 204 204 401 401 401 401 401"),
    "rateConversation": Row(
        "POST", "/api/v1/visitor/rating", OWNER_ONLY, lambda w: {"conversation_id": w.find("ended"), "score": 5}
    ),
    "listOwnOrders": Row("GET", "/api/v1/visitor/orders", VISITORS),
    "uploadByVisitor": Row("POST", "/api/v1/visitor/attachments", "401 201 201 401 401 401 401 401", upload=PICTURE),
    "getOwnAttachment": Row("GET", "/api/v1/visitor/attachments/{file}", OWNER_ONLY),
    "uploadByStaff": Row("POST", "/api/v1/attachments", "401 401 401 201 201 403 201 201", upload=PICTURE),
    "getAttachment": Row("GET", "/api/v1/attachments/{file}", DESK_OBJECT),
    "signIn": Row(
        "POST", "/api/v1/session", PUBLIC, lambda w: {"email": w.home.people["agent"].email, "password": PASSWORD}
    ),
    "getSession": Row("GET", "/api/v1/session", STAFF),
    "signOut": Row("DELETE", "/api/v1/session", "204 204 204 204 204 204 204 204"),
    "getSetup": Row("GET", "/api/v1/setup", PUBLIC),
    "setUp": Row(
        "POST",
        "/api/v1/setup",
        "409 409 409 409 409 409 409 409",
        lambda _: {"shop_name": "丙店", "email": "late@stage.example", "name": "迟到", "password": PASSWORD},
    ),
    "listConversations": Row("GET", "/api/v1/conversations?view=all&limit=100", DESK),
    "getConversation": Row("GET", "/api/v1/conversations/{conversation}", DESK_OBJECT),
    "listEvents": Row("GET", "/api/v1/conversations/{conversation}/events", DESK_OBJECT),
    "sendAsStaff": Row(
        "POST", "/api/v1/conversations/{mine}/messages", "401 401 401 200 409 403 404 404", text_message
    ),
    "takeOver": Row("POST", "/api/v1/conversations/{conversation}/take-over", DESK_OBJECT),
    "returnToBot": Row("POST", "/api/v1/conversations/{mine}/return-to-bot", "401 401 401 200 409 403 404 404"),
    "resolve": Row("POST", "/api/v1/conversations/{mine}/resolve", DESK_OBJECT),
    "markReadByStaff": Row(
        "POST", "/api/v1/conversations/{mine}/read", "401 401 401 204 204 403 404 404", lambda _: {"seq": 1}
    ),
    "revealSpans": Row("POST", "/api/v1/conversations/{conversation}/events/2/reveal", DESK_OBJECT),
    "getCustomer": Row("GET", "/api/v1/customers/{customer}", DESK_OBJECT),
    "listCustomerOrders": Row("GET", "/api/v1/customers/{customer}/orders", DESK_OBJECT),
    "getOrder": Row("GET", "/api/v1/orders/{order}", DESK_OBJECT),
    "listProducts": Row("GET", "/api/v1/products", STAFF),
    "listEntries": Row("GET", "/api/v1/knowledge/entries?q=" + MARKER, STAFF),
    "createEntry": Row(
        "POST",
        "/api/v1/knowledge/entries",
        "401 401 401 403 201 201 403 201",
        lambda w: draft(f"{w.principal}能写吗？"),
    ),
    "getEntry": Row("GET", "/api/v1/knowledge/entries/{entry}", "401 401 401 200 200 200 404 404"),
    "changeEntry": Row(
        "PUT",
        "/api/v1/knowledge/entries/{entry}",
        "401 401 401 403 200 200 403 404",
        lambda _: draft(f"{MARKER}能改吗？"),
    ),
    "archiveEntry": Row("DELETE", "/api/v1/knowledge/entries/{entry}", "401 401 401 403 200 200 403 404"),
    "listVersions": Row("GET", "/api/v1/knowledge/entries/{entry}/versions", "401 401 401 200 200 200 404 404"),
    "restoreVersion": Row(
        "POST", "/api/v1/knowledge/entries/{entry}/restore", "401 401 401 403 200 200 403 404", lambda _: {"version": 1}
    ),
    "listCategories": Row("GET", "/api/v1/knowledge/categories", STAFF),
    "importEntries": Row("POST", "/api/v1/knowledge/import?dry_run=true", EDITORS, upload=("k.csv", CSV.encode())),
    "exportEntries": Row("GET", "/api/v1/knowledge/export", EDITORS),
    "getImportTemplate": Row("GET", "/api/v1/knowledge/template", STAFF),
    "tryText": Row("POST", "/api/v1/knowledge/test", STAFF, lambda _: {"text": "包邮吗"}),
    "getShop": Row("GET", "/api/v1/shop", STAFF),
    "changeShop": Row("PUT", "/api/v1/shop", MANAGERS, shop_settings),
    "getSnippet": Row("GET", "/api/v1/shop/snippet", STAFF),
    "listVariables": Row("GET", "/api/v1/shop/variables", STAFF),
    "getIdentitySecret": Row("GET", "/api/v1/shop/identity-secret", MANAGERS),
    "rotateIdentitySecret": Row("POST", "/api/v1/shop/identity-secret/rotate", MANAGERS),
    "listPeople": Row("GET", "/api/v1/people", STAFF),
    "addPerson": Row(
        "POST",
        "/api/v1/people",
        "401 401 401 403 201 403 403 201",
        lambda _: {"email": f"{client_id('p')}@stage.example", "name": "新人", "role": "agent", "password": PASSWORD},
    ),
    "changePerson": Row(
        "PUT",
        "/api/v1/people/{colleague}",
        "401 401 401 403 200 403 403 404",
        lambda _: {"name": "改名", "role": "agent"},
    ),
    "listDemoAccounts": Row("GET", "/api/v1/storefront/accounts", PUBLIC),
    "signInDemoShopper": Row("POST", "/api/v1/storefront/sign-in", PUBLIC, lambda w: {"account_id": demo_account(w)}),
    "listDemoProducts": Row("GET", "/api/v1/storefront/products", PUBLIC),
    "getDemoProduct": Row("GET", "/api/v1/storefront/products/{product}", PUBLIC),
    "getProductImage": Row("GET", "/api/v1/storefront/images/{image}", PUBLIC),
    "getHealth": Row("GET", "/healthz", PUBLIC),
    "getMetrics": Row("GET", "/metrics", PUBLIC),
}


def demo_account(world: World) -> str:
    assert world.a.verified is not None
    return str(world.a.verified.user_id)


def declared_operations() -> set[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        app = make_app(None, None, [], [])  # type: ignore[arg-type]
    paths = app.openapi_schema.to_schema()["paths"]
    return {operation["operationId"] for methods in paths.values() for operation in methods.values()}


@pytest.fixture(autouse=True)
def _fresh_secrets(stage: Stage) -> Iterator[None]:
    """The matrix rotates the shops' keys; what signs with them must know."""
    yield
    for branch in (stage.a, stage.b):
        branch.secret = stage.call(get_identity_secret(stage.web.backend, branch.shop_id))


def test_every_operation_is_declared() -> None:
    assert declared_operations() == set(MATRIX)


def test_every_operation_serves_somebody() -> None:
    """`setUp` is the one that only an empty installation grants: `test_first_run.py` holds it."""
    idle = {name for name, row in MATRIX.items() if not any(200 <= one < 300 for one in row.expected().values())}
    assert idle == {"setUp"}


@pytest.mark.parametrize("operation", sorted(MATRIX))
def test_operation(stage: Stage, operation: str) -> None:
    row, wrong = MATRIX[operation], []
    for principal, expected in row.expected().items():
        world = World(stage, principal)
        response = row.send(world)
        if response.status_code != expected:
            wrong.append(f"{principal}: {response.status_code} instead of {expected}: {response.text[:200]}")
        if principal in OUTSIDERS and MARKER in response.text:
            wrong.append(f"{principal} was shown what is not theirs: {response.text[:300]}")
    assert not wrong, "\n".join(wrong)


WITH_OBJECTS = sorted(name for name, row in MATRIX.items() if "404" in row.cells)


@pytest.mark.parametrize("operation", WITH_OBJECTS)
def test_foreign_answers_like_missing(stage: Stage, operation: str) -> None:
    row = MATRIX[operation]
    for principal in [name for name, expected in row.expected().items() if expected == 404]:
        foreign, missing = row.send(World(stage, principal)), row.send(World(stage, principal, is_missing=True))
        assert foreign.status_code == missing.status_code == 404
        assert foreign.json() == missing.json()
        volatile = {"date", "x-request-id"}
        assert {k: v for k, v in foreign.headers.items() if k not in volatile} == {
            k: v for k, v in missing.headers.items() if k not in volatile
        }


def test_cookie_needs_the_header_that_no_foreign_page_can_send(stage: Stage) -> None:
    """Every changing operation of staff refuses a bare cookie; with the header it is a session like any other."""
    token = stage.sign_in(stage.a, stage.a.people["administrator"].staff_id)
    for operation, row in MATRIX.items():
        if row.method == "GET" or row.expected()["nobody"] != 401 or row.expected()["visitor"] != 401:
            continue
        world = World(stage, "nobody", is_missing=True)
        path = re.sub(r"\{(\w+)\}", lambda slot, world=world: world.find(slot[1]), row.path)
        with httpx2.Client(base_url=stage.url, cookies={"xiaoer_session": token}) as client:
            refused = client.request(row.method, path)
            assert (refused.status_code, refused.json()["code"]) == (403, "csrf.header_missing"), operation
            assert client.get("/api/v1/session").status_code == 200
            allowed = client.request(row.method, path, headers={"X-Xiaoer": "1"})
            assert allowed.status_code != 403, operation


# --- sockets ------------------------------------------------------------------------------------------------

# What the first frame after saying who one is must be.
HELLOS = {
    "visitor": "bye welcome welcome bye bye bye bye bye",
    "desk": "bye bye bye welcome welcome welcome welcome welcome",
}
# What each command answers, in the columns of those who are let in; "-" is silence, by which nothing was told.
VISITOR_COMMANDS = {
    # command             visitor        other
    "hello": ("frame.hello_twice", "frame.hello_twice"),
    "send": ("ack", "ack"),
    "typing": ("-", "-"),
    "read": ("-", "-"),
    "handover": ("ack", "ack"),
    "locale": ("-", "-"),
    "ping": ("pong", "pong"),
}
_GONE = "conversation.not_found"
_MAY_NOT = "permission.missing"
STAFF_COMMANDS = {
    # command     agent      administrator            editor    foreign agent, administrator
    "watch": ("snapshot", "snapshot", _MAY_NOT, _GONE, _GONE),
    "unwatch": ("-", "-", "-", "-", "-"),
    "send": ("ack", "conversation.not_yours", _MAY_NOT, _GONE, _GONE),
    "typing": ("-", "-", _MAY_NOT, _GONE, _GONE),
    "read": ("-", "-", _MAY_NOT, _GONE, _GONE),
    "ping": ("pong", "pong", "pong", "pong", "pong"),
}


def tags_of(union: Any) -> set[str]:
    return {str(one.__struct_config__.tag) for one in get_args(union)}


def test_every_command_is_declared() -> None:
    assert tags_of(VisitorCommand) == set(VISITOR_COMMANDS)
    assert tags_of(StaffCommand) == set(STAFF_COMMANDS)


@pytest.mark.parametrize("principal", COLUMNS)
def test_hello(stage: Stage, principal: str) -> None:
    expected = {name: row.split()[COLUMNS.index(principal)] for name, row in HELLOS.items()}
    token = World(stage, principal).token or "nobody"
    with stage.socket("/visitor/socket") as one:
        one.send({"type": "hello", "token": token})
        frames = [one.receive(), *([] if expected["visitor"] == "welcome" else [one.receive()])]
        assert frames[-1]["type"] == expected["visitor"], frames
    with stage.socket("/desk/socket", headers={"Authorization": f"Bearer {token}"}) as one:
        frames = [one.receive(), *([] if expected["desk"] == "welcome" else [one.receive()])]
        assert frames[-1]["type"] == expected["desk"], frames


def outcome(socket: Socket, frame: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The answer's kind or error code; a ping behind the command tells when there is none."""
    socket.send(frame)
    if frame["type"] != "ping":
        socket.send({"type": "ping"})
    while True:
        answer = socket.receive()
        if answer["type"] in ("ack", "error", "snapshot"):
            socket.wait_for("pong")
            return str(answer.get("code", answer["type"])), answer
        if answer["type"] == "pong":
            return ("pong" if frame["type"] == "ping" else "-"), answer


def visitor_frame(command: str, world: World) -> dict[str, Any]:
    extra: dict[str, dict[str, Any]] = {
        "hello": {"token": world.token},
        "send": {"id": client_id("ws"), "content": {"type": "text", "text": "在吗"}},
        "read": {"seq": 1},
        "handover": {"id": client_id("ws")},
        "locale": {"locale": "en"},
    }
    return {"type": command, **extra.get(command, {})}


@pytest.mark.parametrize("command", sorted(VISITOR_COMMANDS))
def test_visitor_command(stage: Stage, command: str) -> None:
    """The second visitor asks to continue the first one's conversation, and is shown nothing of it."""
    for principal, expected in zip(("visitor", "other"), VISITOR_COMMANDS[command], strict=True):
        world = World(stage, principal)
        hello = {"conversation_id": world.conversation, "since": 0}
        with stage.widget(str(world.token), **hello) as socket:
            assert outcome(socket, visitor_frame(command, world))[0] == expected
        if principal == "other":
            assert MARKER not in str(socket.seen)
            assert world.conversation not in str(socket.seen)


def staff_frame(command: str, conversation_id: str) -> dict[str, Any]:
    extra: dict[str, dict[str, Any]] = {
        "watch": {"since": None},
        "send": {"id": client_id("ws"), "content": {"type": "text", "text": "在的"}},
        "read": {"seq": 1},
    }
    named = {} if command == "ping" else {"conversation_id": conversation_id}
    return {"type": command, **named, **extra.get(command, {})}


@pytest.mark.parametrize("command", sorted(STAFF_COMMANDS))
def test_staff_command(stage: Stage, command: str) -> None:
    principals = ("agent", "administrator", "editor", "foreign_agent", "foreign_administrator")
    for principal, expected in zip(principals, STAFF_COMMANDS[command], strict=True):
        world = World(stage, principal)
        with stage.desk(str(world.token)) as socket:
            found, answer = outcome(socket, staff_frame(command, world.mine))
            assert found == expected, principal
            if expected == _GONE:
                assert answer | {"id": ""} == outcome(socket, staff_frame(command, str(uuid4())))[1] | {"id": ""}
        if principal.startswith("foreign"):
            assert MARKER not in str(socket.seen)


@pytest.mark.parametrize("principal", ["editor", "foreign_agent"])
def test_lists_reach_only_those_who_may_read_conversations(stage: Stage, principal: str) -> None:
    """A desk hears of every conversation that moves: an editor's and another shop's must not."""
    world = World(stage, principal)
    with stage.desk(str(world.token)) as socket, stage.desk(stage.a.people["agent"].token) as desk:
        stage.say(world.visitor, f"{MARKER}在吗")
        while MARKER not in str(desk.wait_for("conversations")):
            pass
        socket.send({"type": "ping"})
        socket.wait_for("pong")
        assert not [frame for frame in socket.seen if frame["type"] == "conversations"]
        assert MARKER not in str(socket.seen)
        if principal == "editor":
            assert not any(socket.seen[0]["counts"].values())
