"""One running application for a whole session: a real server on a loopback port, two shops with everybody in them.

The server lives in a thread with a loop of its own, so that tests of either colour talk to it over real sockets.
Shop A is the demo shop (stocked from the pack); shop B is another one in the same database, with an object of every
kind, so that "foreign" always means something that exists. Passwords are hashed cheaply while the stage stands.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
import threading
import time
import warnings
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
import httpx2
import pytest
import uvicorn
import uvloop
from argon2 import PasswordHasher
from PIL import Image
from websockets.sync.client import ClientConnection, connect

from xiaoer.application.wiring.serving import FRAME_LIMIT, make_web_app
from xiaoer.application.wiring.web import PACK_FOLDER, Web
from xiaoer.business.conversation.actions import desk, shopper
from xiaoer.business.conversation.actions.attachments import take_in
from xiaoer.business.conversation.types import SendText
from xiaoer.business.customer.actions import welcome_visitor
from xiaoer.business.customer.queries import get_visitor_by_token
from xiaoer.business.customer.rules import sign_identity
from xiaoer.business.customer.types import Identity
from xiaoer.business.identity import actions as identity
from xiaoer.business.identity.queries import as_principal
from xiaoer.business.knowledge.actions.entries import save_entry
from xiaoer.business.knowledge.types import EntryDraft, LocaleContent
from xiaoer.business.onboarding.actions.shops import ensure_demo_shop
from xiaoer.business.shop.actions import create_shop
from xiaoer.business.shop.queries import find_demo_shop, get_identity_secret
from xiaoer.business.shop.types import Shop
from xiaoer.business.storefront.actions.seeding import seed_demo_shop
from xiaoer.data.postgres.cluster import OWNER
from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.supervisor import EmbeddedPostgres
from xiaoer.data.stores import identity as identity_store
from xiaoer.kit.config import Config

API = "/api/v1"
ROLES = ("administrator", "supervisor", "agent", "editor")
PASSWORD = "a good long password"
WAIT = 5.0
Result = TypeVar("Result")
_ids = itertools.count(1)


def client_id(kind: str = "test") -> str:
    """A client id nobody has used in this session."""
    return f"{kind}-{next(_ids):08d}"


def a_picture(kind: str = "PNG", size: tuple[int, int] = (8, 6), **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(out, kind, **options)
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody on a shop's staff, signed in."""

    staff_id: UUID
    name: str
    email: str
    role: str
    token: str


@dataclass(frozen=True, slots=True)
class Shopper:
    """Somebody at a widget, signed in or not."""

    customer_id: UUID
    token: str
    name: str = ""
    user_id: str | None = None


@dataclass(slots=True)
class Branch:
    """A shop with its people and one object of every kind, made once; tests that change things make their own."""

    shop: Shop
    secret: str
    people: dict[str, Person] = field(default_factory=dict)
    verified: Shopper | None = None
    anonymous: Shopper | None = None
    conversation_id: UUID | None = None
    spans_seq: int = 0
    own_file: UUID | None = None
    staff_file: UUID | None = None
    entry_id: str = ""
    order_number: str = ""
    product_id: str = ""

    @property
    def shop_id(self) -> UUID:
        return self.shop.shop_id

    @property
    def widget_key(self) -> str:
        return self.shop.widget_key

    def sign(self, user_id: str, *, name: str = "签名", life: float = 3600, **changes: Any) -> dict[str, Any]:
        """An identity as this shop's server would sign it; `changes` are made after signing."""
        expires_at = int(time.time() + life)
        signature = sign_identity(self.secret, user_id, expires_at, self.widget_key)
        return {"user_id": user_id, "name": name, "expires_at": expires_at, "signature": signature} | changes


class Socket:
    """A websocket that speaks JSON and remembers what it has not been asked for yet."""

    def __init__(self, connection: ClientConnection) -> None:
        self.raw = connection
        self.seen: list[dict[str, Any]] = []

    def send(self, frame: dict[str, Any] | str | bytes) -> None:
        self.raw.send(json.dumps(frame, ensure_ascii=False) if isinstance(frame, dict) else frame)

    def receive(self, timeout: float = WAIT) -> dict[str, Any]:
        frame: dict[str, Any] = json.loads(self.raw.recv(timeout=timeout))
        self.seen.append(frame)
        return frame

    def wait_for(self, kind: str, timeout: float = WAIT, **wanted: Any) -> dict[str, Any]:
        """The next frame of that type whose fields are as wanted; others are kept in `seen`."""
        deadline = time.monotonic() + timeout
        while True:
            frame = self.receive(max(0.01, deadline - time.monotonic()))
            if frame["type"] == kind and all(frame.get(key) == value for key, value in wanted.items()):
                return frame

    def wait_for_event(self, kind: str, timeout: float = WAIT, **wanted: Any) -> dict[str, Any]:
        """The next pushed event of that kind whose data are as wanted."""
        deadline = time.monotonic() + timeout
        while True:
            frame = self.wait_for("events", max(0.01, deadline - time.monotonic()))
            for event in frame["events"]:
                if event["kind"] == kind and all(event["data"].get(key) == value for key, value in wanted.items()):
                    return dict(event)

    def ask(self, frame: dict[str, Any] | str | bytes) -> dict[str, Any]:
        """Send a command and give its ack or its error."""
        self.send(frame)
        while True:
            answer = self.receive()
            if answer["type"] in ("ack", "error", "pong", "snapshot", "bye"):
                return answer

    def frames_until_closed(self, timeout: float = WAIT) -> list[dict[str, Any]]:
        """What still comes until the server closes."""
        frames = []
        with suppress(Exception):
            while True:
                frames.append(self.receive(timeout))
        return frames


class _SharedTransport(httpx2.HTTPTransport):
    """Connections that outlive the client that used them: a client is then cheap to make and has its own cookies."""

    def __enter__(self) -> _SharedTransport:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def close(self) -> None:
        return

    def really_close(self) -> None:
        super().close()


class Stage:
    """The running application, its two shops, and ways to reach it."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self.folder = folder
        self.web: Web
        self.a: Branch
        self.b: Branch
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: uvicorn.Server | None = None
        self._ready = threading.Event()
        self._transport = _SharedTransport(verify=False)
        self._error: BaseException | None = None
        self.port = 0
        self.url = ""
        self._thread = threading.Thread(target=self._run, name="stage", daemon=True)

    # --- life -----------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()
        if not self._ready.wait(60) or self._error is not None:
            raise RuntimeError("the stage did not start") from self._error

    def stop(self) -> None:
        self._transport.really_close()
        if self._server is not None:
            self._server.should_exit = True
        self._thread.join(30)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            try:
                runner.run(self._serve())
            except BaseException as error:
                self._error = error
                self._ready.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        db = await Database.connect(self.dsn, min_size=2, max_size=12)
        config = Config(data_dir=self.folder, database_url=self.dsn)
        self.web = Web(config, self.dsn, db)
        await ensure_demo_shop(self.web.backend, self.web.library, self.web.platform, PACK_FOLDER / "shop")
        await _furnish(self)
        with warnings.catch_warnings():
            # Litestar 2 announces what Litestar 3 will want; the dependency is pinned below it.
            warnings.simplefilter("ignore", DeprecationWarning)
            app = make_web_app(self.web)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, host="127.0.0.1", port=0, ws="websockets-sansio", ws_max_size=FRAME_LIMIT,
                ws_ping_interval=20, ws_ping_timeout=20, ws_per_message_deflate=False, log_config=None,
                access_log=False, server_header=False, timeout_graceful_shutdown=5, timeout_keep_alive=75,
            )
        )  # fmt: skip
        asyncio.get_running_loop().call_later(0.05, self._watch_start)
        await self._server.serve()

    def _watch_start(self) -> None:
        if self._server is not None and self._server.started:
            self.port = self._server.servers[0].sockets[0].getsockname()[1]
            self.url = f"http://127.0.0.1:{self.port}"
            self._ready.set()
        elif self._loop is not None:
            self._loop.call_later(0.02, self._watch_start)

    # --- reaching it ----------------------------------------------------------------------------------------

    def call(self, work: Coroutine[Any, Any, Result]) -> Result:
        """Run something in the server's own loop, with its pool."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def sql(self, statement: str, *args: Any) -> list[dict[str, Any]]:
        return [dict(row) for row in self.call(self.web.backend.db.fetch(statement, *args))]

    def client(self, token: str | None = None, **headers: str) -> httpx2.Client:
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return httpx2.Client(
            base_url=self.url + API, headers=headers, timeout=20, transport=self._transport, trust_env=False
        )

    @contextmanager
    def socket(self, path: str, *, headers: dict[str, str] | None = None, **options: Any) -> Iterator[Socket]:
        address = f"ws://127.0.0.1:{self.port}{API}{path}"
        with connect(
            address, additional_headers=headers or {}, compression=None, proxy=None, max_size=None, close_timeout=2,
            **options,
        ) as one:  # fmt: skip
            yield Socket(one)

    @contextmanager
    def widget(self, token: str, **hello: Any) -> Iterator[Socket]:
        """A visitor's socket after its hello; the welcome is the first frame in `seen`."""
        with self.socket("/visitor/socket") as one:
            one.send({"type": "hello", "token": token, **hello})
            one.wait_for("welcome")
            yield one

    @contextmanager
    def desk(self, token: str) -> Iterator[Socket]:
        """A member of staff's socket after its welcome."""
        with self.socket("/desk/socket", headers={"Authorization": f"Bearer {token}"}) as one:
            one.wait_for("welcome")
            yield one

    # --- making things --------------------------------------------------------------------------------------

    def visitor(self, branch: Branch, *, user_id: str | None = None, name: str = "") -> Shopper:
        return self.call(_greet(self, branch, user_id, name))

    def say(self, who: Shopper, text: str, one_id: str | None = None) -> dict[str, Any]:
        """Send a text over HTTP; the ack."""
        with self.client(who.token) as client:
            body = {"client_id": one_id or client_id("say"), "content": {"type": "text", "text": text}}
            response = client.post("/visitor/messages", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    def conversation(
        self, branch: Branch, text: str = "你好", *, taken_by: Person | None = None
    ) -> tuple[Shopper, UUID]:
        """A fresh visitor with an open conversation, the bot's answer awaited, perhaps taken over."""
        who = self.visitor(branch)
        conversation_id = UUID(self.say(who, text)["conversation_id"])
        self.await_answer(conversation_id)
        if taken_by is not None:
            with self.client(taken_by.token) as client:
                assert client.post(f"/conversations/{conversation_id}/take-over").status_code == 200
        return who, conversation_id

    def await_answer(self, conversation_id: UUID, seconds: float = WAIT) -> dict[str, Any]:
        """Wait until the bot owes nothing; the conversation's row."""
        deadline = time.monotonic() + seconds
        while True:
            row = self.sql("SELECT * FROM conversation WHERE conversation_id = $1", conversation_id)[0]
            if row["due_seq"] <= row["answered_seq"]:
                return row
            assert time.monotonic() < deadline, "the bot has not answered"
            time.sleep(0.01)

    def sign_in(self, branch: Branch, staff_id: UUID) -> str:
        """A new session of a member of staff."""
        return self.call(_open_session(self, branch, staff_id))

    def open_branch(self, name: str) -> Branch:
        """One more furnished shop, for tests that change settings and keys."""
        return self.call(_open_branch(self, name))

    def hire(self, branch: Branch, role: str = "agent", name: str = "新同事") -> Person:
        return self.call(_hire(self, branch, role, name))


async def _open_session(stage: Stage, branch: Branch, staff_id: UUID) -> str:
    row = await identity_store.find_staff(stage.web.backend.db, branch.shop_id, staff_id)
    assert row is not None
    return (await identity.open_session(stage.web.backend, row, "tests")).token


async def _hire(stage: Stage, branch: Branch, role: str, name: str) -> Person:
    backend = stage.web.backend
    row = await identity.add_staff(
        backend.db, branch.shop_id, email=f"{client_id(role)}@stage.example", name=name, role=role, password=PASSWORD,
        locale="zh-CN", by=None,
    )  # fmt: skip
    signed_in = await identity.open_session(backend, row, "tests")
    return Person(row.staff_id, row.name, row.email, role, signed_in.token)


async def _greet(stage: Stage, branch: Branch, user_id: str | None, name: str) -> Shopper:
    signed = Identity(**branch.sign(user_id, name=name)) if user_id else None
    welcome = await welcome_visitor(
        stage.web.backend, widget_key=branch.widget_key, token=None, identity=signed, locale="zh-CN", name=name,
        address="127.0.0.1", join_history=shopper.join_history,
    )  # fmt: skip
    return Shopper(welcome.customer_id, welcome.token, welcome.name, user_id)


async def _furnish(stage: Stage) -> None:
    """Both shops, with people and one object of every kind each."""
    backend = stage.web.backend
    demo = await find_demo_shop(backend)
    assert demo is not None
    stage.a = await _furnish_one(stage, demo, "甲")
    stage.b = await _open_branch(stage, "乙")


async def _open_branch(stage: Stage, name: str) -> Branch:
    backend = stage.web.backend
    async with backend.db.transaction() as work:
        shop = await create_shop(backend, work, name=f"{name}店", locale="zh-CN", is_demo=False)
        await seed_demo_shop(backend, work, shop.shop_id)
    # The seeds of two shops are alike: goods and orders get numbers that other shops do not know.
    mark = next(_ids) % 100
    await backend.db.execute(
        "UPDATE storefront_order SET number = 'QH' || $2 || substr(number, 5) WHERE shop_id = $1", shop.shop_id,
        f"{mark:02d}",
    )  # fmt: skip
    await backend.db.execute(
        "UPDATE product SET product_id = $2 || product_id WHERE shop_id = $1", shop.shop_id, f"s{mark}-"
    )
    return await _furnish_one(stage, shop, name)


async def _furnish_one(stage: Stage, shop: Shop, prefix: str) -> Branch:
    backend = stage.web.backend
    branch = Branch(shop, await get_identity_secret(backend, shop.shop_id))
    for role in ROLES:
        branch.people[role] = await _hire(stage, branch, role, f"{prefix}{role}")
    order = await backend.db.fetchrow(
        "SELECT number, account_id FROM storefront_order WHERE shop_id = $1 ORDER BY number LIMIT 1", shop.shop_id
    )
    assert order is not None
    branch.order_number = order["number"]
    branch.product_id = await backend.db.fetchval(
        "SELECT product_id FROM product WHERE shop_id = $1 ORDER BY product_id LIMIT 1", shop.shop_id
    )
    branch.verified = await _greet(stage, branch, order["account_id"], f"{prefix}客")
    branch.anonymous = await _greet(stage, branch, None, "")
    await _furnish_conversation(stage, branch)
    row = await identity_store.find_staff(backend.db, shop.shop_id, branch.people["administrator"].staff_id)
    assert row is not None
    draft = EntryDraft(
        "shipping",
        "published",
        {"zh-CN": LocaleContent(f"{prefix}店几点打烊？", [f"{prefix}店关门时间"], "晚上十点。")},
    )
    branch.entry_id = (await save_entry(backend, as_principal(row), None, draft)).entry_id
    return branch


async def _furnish_conversation(stage: Stage, branch: Branch) -> None:
    """A conversation with a sealed phone number, files of both sides, a note, served by the shop's agent."""
    backend, platform = stage.web.backend, stage.web.platform
    assert branch.verified is not None
    visitor = await get_visitor_by_token(backend, branch.verified.token)
    agent_row = await identity_store.find_staff(backend.db, branch.shop_id, branch.people["agent"].staff_id)
    assert agent_row is not None
    agent = as_principal(agent_row)
    received = await shopper.receive_message(
        backend, platform, visitor, client_id=client_id("stage"), content=SendText("我的手机号是13812348000，请回电")
    )
    branch.conversation_id, branch.spans_seq = received.ack.conversation_id, received.ack.seq
    await desk.take_over(backend, agent, branch.conversation_id)
    for words, is_note in (("您好，我是客服", False), ("这位是老顾客", True)):
        await desk.send_message(
            backend, platform, agent, branch.conversation_id, client_id=client_id("stage"), content=SendText(words),
            is_note=is_note,
        )  # fmt: skip
    own = await take_in(backend, branch.shop_id, "a.png", a_picture(), customer_id=visitor.customer_id)
    ours = await take_in(backend, branch.shop_id, "b.png", a_picture(), staff_id=agent.staff_id)
    branch.own_file, branch.staff_file = own.attachment_id, ours.attachment_id


_running: list[Stage] = []


@contextmanager
def cheap_passwords() -> Iterator[pytest.MonkeyPatch]:
    """Hashes that cost next to nothing, while this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(identity, "_ARGON2", cheap)
        patch.setattr(identity, "_DUMMY", cheap.hash("nobody has this password"))
        yield patch


def stand(dsn: str) -> Iterator[Stage]:
    """The session's stage: the first who asks starts it and, at the session's end, stops it."""
    if _running:
        yield _running[0]
        return
    with tempfile.TemporaryDirectory(prefix="xiaoer-stage-") as folder, cheap_passwords() as patch:
        # Every test comes from one address; the limits have tests of their own.
        patch.setattr(identity, "_GUESSES_PER_ADDRESS", 10**6)
        stage = Stage(dsn, Path(folder))
        stage.start()
        _running.append(stage)
        try:
            yield stage
        finally:
            _running.remove(stage)
            stage.stop()


async def clone_database(server: EmbeddedPostgres, name: str) -> None:
    """A database for the session, cloned from the migrated template unless it is there already."""
    connection = await asyncpg.connect(server.superuser_dsn())
    try:
        if not await connection.fetchval("SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name):
            await connection.execute(f"CREATE DATABASE {name} TEMPLATE xiaoer_template OWNER {OWNER}")
    finally:
        await connection.close()
