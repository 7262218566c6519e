"""A shop over a database of its own, without a server, and the core's actions by short names."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any
from uuid import UUID

from stage import PASSWORD, cheap_passwords, client_id

from xiaoer.application.wiring.web import BUILT_FOLDER, PACK_FOLDER
from xiaoer.business.conversation.actions import desk, shopper
from xiaoer.business.conversation.types import Ack, Received, SendText, Turn
from xiaoer.business.customer.actions import welcome_visitor
from xiaoer.business.customer.queries import get_visitor_by_token
from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity import actions as identity
from xiaoer.business.identity.queries import as_principal
from xiaoer.business.identity.types import Staff
from xiaoer.business.knowledge.actions.entries import save_entry
from xiaoer.business.knowledge.queries.library import Library
from xiaoer.business.knowledge.types import EntryDraft, LocaleContent
from xiaoer.business.reply.actions.turn import take_turn
from xiaoer.business.shop.actions import create_shop
from xiaoer.business.shop.types import Shop
from xiaoer.business.storefront.queries import Storefront
from xiaoer.data.backend import Backend
from xiaoer.data.postgres.database import Database
from xiaoer.data.stores import conversation as conversation_store
from xiaoer.intelligence.packs.runtime import Models, load_models
from xiaoer.kit.clock import SystemClock
from xiaoer.kit.crypto import Sealer
from xiaoer.kit.ids import new_id

QUESTION, ANSWER = "你们店几点打烊？", "晚上十点打烊。"


@cache
def models() -> Models:
    return load_models(PACK_FOLDER, BUILT_FOLDER)


@dataclass
class Hall:
    """A shop with two agents and a supervisor, and the actions of the core by short names."""

    backend: Backend
    library: Library
    shop: Shop
    people: dict[str, Staff]
    announced: list[UUID] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.backend.db

    @property
    def platform(self) -> Storefront:
        return Storefront(self.backend)

    def other_process(self, db: Any = None) -> Backend:
        """The backend of another process of the same installation."""
        return replace(self.backend, process_id=new_id(), db=db or self.backend.db)

    async def visitor(self) -> Visitor:
        welcome = await welcome_visitor(
            self.backend, widget_key=self.shop.widget_key, token=None, identity=None, locale="zh-CN", name="客",
            address="127.0.0.1", join_history=shopper.join_history,
        )  # fmt: skip
        return await get_visitor_by_token(self.backend, welcome.token)

    async def say(
        self, who: Visitor, text: str, one_id: str | None = None, *, backend: Backend | None = None
    ) -> Received:
        chosen = backend or self.backend
        content = SendText(text)
        return await shopper.receive_message(
            chosen, self.platform, who, client_id=one_id or client_id(), content=content
        )

    async def answer(
        self, turn: Turn | None, *, backend: Backend | None = None, library: Library | None = None
    ) -> None:
        if turn is not None:
            await take_turn(backend or self.backend, library or self.library, self.platform, turn)

    async def reply(
        self, staff: Staff, conversation_id: UUID, text: str, one_id: str | None = None, *, is_note: bool = False,
        backend: Backend | None = None,
    ) -> Ack:  # fmt: skip
        return await desk.send_message(
            backend or self.backend, self.platform, staff, conversation_id, client_id=one_id or client_id("staff"),
            content=SendText(text), is_note=is_note,
        )  # fmt: skip

    async def served(self, who: Visitor, staff: Staff) -> UUID:
        """A conversation of that visitor, taken over by that member of staff."""
        conversation_id = (await self.say(who, "你好")).ack.conversation_id
        await desk.take_over(self.backend, staff, conversation_id)
        return conversation_id

    async def sweep(self, backend: Backend) -> int:
        """What a living process's sweeper does; returns how many turns it took."""
        await conversation_store.beat(backend.db, backend.process_id, "web")
        claimed = await conversation_store.claim_due(backend.db, backend.process_id, 50, [])
        for shop_id, conversation_id, epoch in claimed:
            await self.answer(Turn(shop_id, conversation_id, epoch), backend=backend)
        return len(claimed)

    async def events(self, conversation_id: UUID, **wanted: Any) -> list[dict[str, Any]]:
        rows = await self.db.fetch("SELECT * FROM event WHERE conversation_id = $1 ORDER BY seq", conversation_id)
        return [dict(row) for row in rows if all(row[key] == value for key, value in wanted.items())]

    async def row(self, conversation_id: UUID) -> dict[str, Any]:
        row = await self.db.fetchrow("SELECT * FROM conversation WHERE conversation_id = $1", conversation_id)
        assert row is not None
        return dict(row)


async def open_hall(db: Database) -> Hall:
    announced: list[UUID] = []
    backend = Backend(
        db=db, sealer=Sealer({1: bytes(32)}), clock=SystemClock(), process_id=new_id(),
        announce=lambda _, conversation_id: announced.append(conversation_id), broadcast=lambda *_: None,
    )  # fmt: skip
    await conversation_store.beat(db, backend.process_id, "web")
    people = {}
    with cheap_passwords():
        async with db.transaction() as work:
            shop = await create_shop(backend, work, name="测试店", locale="zh-CN", is_demo=False)
            for name, role in (("lina", "agent"), ("chen", "agent"), ("boss", "supervisor")):
                row = await identity.add_staff(
                    work, shop.shop_id, email=f"{name}@test.example", name=name, role=role, password=PASSWORD,
                    locale="zh-CN", by=None,
                )  # fmt: skip
                people[name] = as_principal(row)
    draft = EntryDraft("shipping", "published", {"zh-CN": LocaleContent(QUESTION, ["几点关门"], ANSWER)})
    await save_entry(backend, people["boss"], None, draft)
    return Hall(backend, Library(models()), shop, people, announced)
