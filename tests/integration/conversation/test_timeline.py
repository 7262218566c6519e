"""The timeline under load: no gaps, one winner, nothing said without a lease, and few statements for all that."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any
from uuid import UUID

import msgspec
import pytest
from faults import CountingDatabase
from hall import ANSWER, QUESTION, Hall, models

from xiaoer.business.conversation import queries, rules
from xiaoer.business.conversation.actions import desk, shopper
from xiaoer.business.conversation.types import Event, Turn, VisitorConversation
from xiaoer.business.customer.types import Visitor
from xiaoer.business.knowledge.queries.library import Library, Shelf
from xiaoer.data.backend import Backend
from xiaoer.data.rows.conversation import ConversationRow
from xiaoer.data.stores import conversation as conversation_store
from xiaoer.data.stores import timeline
from xiaoer.kit.errors import Conflict, XiaoerError

SEQUENCES = 300
SECRET = "只有同事能看"


# --- the property -------------------------------------------------------------------------------------------


class Walk:
    """One visitor, the bot, two agents and a supervisor doing random things at once."""

    def __init__(self, hall: Hall, seed: int, who: Visitor) -> None:
        self.hall = hall
        self.random = Random(seed)
        self.who = who
        self.turns: list[Turn] = []
        self.views: list[VisitorConversation] = []

    def steps(self) -> list[Callable[[], Awaitable[Any]]]:
        say = self.random.choice([QUESTION, "你好", "转人工", "asdfgh", "我的手机号13812348000", "", "x" * 3000])
        staff = self.hall.people[self.random.choice(["lina", "chen", "boss"])]
        one_id = self.random.choice([None, None, None, "walk-id-1"])
        return [
            lambda: self.say(say, one_id),
            lambda: self.say(say, one_id),
            self.answer,
            lambda: self.at_desk(desk.take_over, staff),
            lambda: self.at_desk(desk.take_over, staff),
            lambda: self.at_desk(desk.return_to_bot, staff),
            lambda: self.at_desk(desk.resolve, staff),
            lambda: self.write(staff, "您好", is_note=False),
            lambda: self.write(staff, SECRET, is_note=True),
            lambda: shopper.end_conversation(self.hall.backend, self.who),
            self.rate,
            self.look,
            lambda: self.hall.sweep(self.hall.backend),
        ]

    async def say(self, text: str, one_id: str | None) -> None:
        received = await self.hall.say(self.who, text, one_id)
        if received.turn is not None:
            self.turns.append(received.turn)

    async def answer(self) -> None:
        """Some turn that was granted at some time: perhaps now, perhaps when its lease is long gone."""
        if self.turns:
            await self.hall.answer(self.random.choice(self.turns))

    async def current(self) -> UUID:
        row = await queries.find_own_row(self.hall.backend, self.who)
        return row.conversation_id if row else UUID(int=1)

    async def at_desk(self, action: Callable[..., Awaitable[Any]], staff: Any) -> None:
        await action(self.hall.backend, staff, await self.current())

    async def write(self, staff: Any, text: str, *, is_note: bool) -> None:
        await self.hall.reply(staff, await self.current(), text, is_note=is_note)

    async def rate(self) -> None:
        score = self.random.choice([0, 1, 5, 6])
        await shopper.rate(self.hall.backend, self.who, await self.current(), score=score, tags=[], comment="")

    async def look(self) -> None:
        snapshot, _ = await queries.get_visitor_snapshot(self.hall.backend, self.who)
        assert SECRET not in str(msgspec.to_builtins(snapshot))
        if snapshot.conversation is not None:
            self.views.append(snapshot.conversation)

    async def run(self) -> None:
        await self.say("你好", None)
        for _ in range(self.random.randint(3, 7)):
            batch = [self.random.choice(self.steps())() for _ in range(self.random.randint(1, 4))]
            for outcome in await asyncio.gather(*batch, return_exceptions=True):
                if isinstance(outcome, BaseException) and not isinstance(outcome, XiaoerError):
                    raise outcome
            await self.look()

    async def check(self) -> None:
        """Gap-free numbers, and every snapshot that was ever taken grows into what stands now."""
        rows = await self.hall.db.fetch("SELECT * FROM conversation WHERE customer_id = $1", self.who.customer_id)
        assert sum(row["state"] == "open" for row in rows) <= 1
        for raw in rows:
            row = ConversationRow(**raw)
            stored = await timeline.list_since(self.hall.db, row.shop_id, row.conversation_id, 0)
            assert [one.seq for one in stored] == list(range(1, row.seq + 1))
            public = [one for one in stored if one.public_seq is not None]
            assert [one.public_seq for one in public] == list(range(1, row.public_seq + 1))
            page = await queries.list_visitor_events(self.hall.backend, self.who, row.conversation_id, 0)
            assert [one.seq for one in page.events] == list(range(1, row.public_seq + 1))
            assert SECRET not in str(msgspec.to_builtins(page))
            final = rules.visitor_view(row, await self.name_of(row))
            for view in self.views:
                if view.conversation_id == row.conversation_id:
                    assert still(grow(view, page.events)) == still(final)
            assert row.answered_seq <= row.seq

    async def name_of(self, row: ConversationRow) -> str | None:
        return next((one.name for one in self.hall.people.values() if one.staff_id == row.assignee_id), None)


def grow(view: VisitorConversation, events: list[Event]) -> VisitorConversation:
    for event in events[view.public_seq :]:
        view = rules.apply_event(view, event)
    return view


def still(view: VisitorConversation) -> VisitorConversation:
    """Without what travels in frames of its own: read marks, and the place in the queue."""
    return msgspec.structs.replace(view, customer_read_seq=0, staff_read_seq=0, queue=None)


@pytest.mark.parametrize("part", range(6))
async def test_any_walk_leaves_gap_free_numbers_and_snapshots_that_grow(hall: Hall, part: int) -> None:
    for number in range(SEQUENCES // 6):
        seed = part * 1_000 + number
        walk = Walk(hall, seed, await hall.visitor())
        try:
            await walk.run()
            await walk.check()
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


# --- one winner ---------------------------------------------------------------------------------------------


async def test_of_two_who_take_over_at_once_one_wins_and_the_other_is_told_who(hall: Hall) -> None:
    lina, chen = hall.people["lina"], hall.people["chen"]
    for _ in range(10):
        conversation_id = (await hall.say(await hall.visitor(), "转人工")).ack.conversation_id
        results = await asyncio.gather(
            *(desk.take_over(hall.backend, one, conversation_id) for one in (lina, chen)), return_exceptions=True
        )
        (lost,) = [one for one in results if isinstance(one, Conflict)]
        winner = lina if results[0] is None else chen
        assert (lost.status, lost.code) == (409, "conversation.already_taken")
        assert lost.params["staff_name"] == winner.name
        assert (await hall.row(conversation_id))["assignee_id"] == winner.staff_id
        assert len(await hall.events(conversation_id, kind="taken_over")) == 1


async def test_taking_over_twice_is_one_event(hall: Hall) -> None:
    lina = hall.people["lina"]
    conversation_id = await hall.served(await hall.visitor(), lina)
    await desk.take_over(hall.backend, lina, conversation_id)
    assert len(await hall.events(conversation_id, kind="taken_over")) == 1


async def test_resolving_twice_ends_once(hall: Hall) -> None:
    lina = hall.people["lina"]
    conversation_id = await hall.served(await hall.visitor(), lina)
    results = await asyncio.gather(
        *(desk.resolve(hall.backend, lina, conversation_id) for _ in range(2)), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in results) == ["Conflict", "NoneType"]
    with pytest.raises(Conflict) as refused:
        await desk.resolve(hall.backend, lina, conversation_id)
    assert refused.value.code == "conversation.ended"
    assert len(await hall.events(conversation_id, kind="resolved")) == 1


async def test_nobody_speaks_after_the_end(hall: Hall) -> None:
    lina = hall.people["lina"]
    conversation_id = await hall.served(await hall.visitor(), lina)
    await desk.resolve(hall.backend, lina, conversation_id)
    with pytest.raises(Conflict):
        await hall.reply(lina, conversation_id, "还在吗")
    with pytest.raises(Conflict):
        await desk.take_over(hall.backend, lina, conversation_id)


# --- leases -------------------------------------------------------------------------------------------------


class PausingLibrary(Library):
    """Stops every turn after it has read what is owed, until it is let go."""

    def __init__(self, inner: Library) -> None:
        super().__init__(models())
        self.inner = inner
        self.arrived = asyncio.Event()
        self.go = asyncio.Event()
        self.passed = 0

    async def get_shelf(self, backend: Backend, shop_id: UUID) -> Shelf:
        self.arrived.set()
        await self.go.wait()
        self.passed += 1
        return await self.inner.get_shelf(backend, shop_id)


async def test_a_take_over_during_a_turn_silences_the_bot(hall: Hall) -> None:
    pausing = PausingLibrary(hall.library)
    received = await hall.say(await hall.visitor(), QUESTION)
    conversation_id = received.ack.conversation_id
    turn = asyncio.create_task(hall.answer(received.turn, library=pausing))
    await pausing.arrived.wait()
    await desk.take_over(hall.backend, hall.people["lina"], conversation_id)
    pausing.go.set()
    await turn
    assert await hall.events(conversation_id, actor_kind="bot") == []
    assert (await hall.events(conversation_id))[-1]["kind"] == "taken_over"
    assert await hall.sweep(hall.other_process()) == 0


@pytest.mark.parametrize("end", ["staff", "shopper"])
async def test_an_end_during_a_turn_silences_the_bot(hall: Hall, end: str) -> None:
    pausing, who = PausingLibrary(hall.library), await hall.visitor()
    received = await hall.say(who, QUESTION)
    turn = asyncio.create_task(hall.answer(received.turn, library=pausing))
    await pausing.arrived.wait()
    if end == "staff":
        await desk.resolve(hall.backend, hall.people["boss"], received.ack.conversation_id)
    else:
        await shopper.end_conversation(hall.backend, who)
    pausing.go.set()
    await turn
    assert (await hall.events(received.ack.conversation_id))[-1]["kind"] == "resolved"


async def test_a_message_during_a_turn_is_answered_in_the_same_turn(hall: Hall) -> None:
    pausing, who = PausingLibrary(hall.library), await hall.visitor()
    first = await hall.say(who, "你好")
    turn = asyncio.create_task(hall.answer(first.turn, library=pausing))
    await pausing.arrived.wait()
    second = await hall.say(who, QUESTION)
    assert second.turn is None, "the lease was granted twice"
    pausing.go.set()
    await turn
    assert pausing.passed == 2
    row = await hall.row(first.ack.conversation_id)
    assert row["answered_seq"] == row["due_seq"] == 3
    answers = await hall.events(first.ack.conversation_id, actor_kind="bot")
    assert [one["data"]["text"] for one in answers].count(ANSWER) == 1
    assert all(one["seq"] > 3 for one in answers)


async def test_a_living_owners_turn_is_left_alone_and_a_silent_ones_is_taken(hall: Hall) -> None:
    owner, other = hall.other_process(), hall.other_process()
    await conversation_store.beat(hall.db, owner.process_id, "web")
    received = await hall.say(await hall.visitor(), QUESTION, backend=owner)
    assert await hall.sweep(other) == 0
    await hall.db.execute(
        "UPDATE process SET beat_at = now() - interval '4 seconds' WHERE process_id = $1", owner.process_id
    )
    assert await hall.sweep(other) == 1
    await hall.answer(received.turn, backend=owner)
    assert len(await hall.events(received.ack.conversation_id, actor_kind="bot")) == 1


async def test_an_owner_that_wakes_up_in_the_middle_of_its_turn_writes_nothing(hall: Hall) -> None:
    """It was stopped after reading what is owed; meanwhile another process took the turn and answered."""
    pausing, owner = PausingLibrary(hall.library), hall.other_process()
    received = await hall.say(await hall.visitor(), QUESTION, backend=owner)
    turn = asyncio.create_task(hall.answer(received.turn, backend=owner, library=pausing))
    await pausing.arrived.wait()
    assert await hall.sweep(hall.backend) == 1
    pausing.go.set()
    await turn
    answers = await hall.events(received.ack.conversation_id, actor_kind="bot")
    assert [one["data"]["text"] for one in answers] == [ANSWER]


async def test_many_sweepers_take_each_turn_once(hall: Hall) -> None:
    dead = hall.other_process()
    people = [await hall.visitor() for _ in range(10)]
    lost = [await hall.say(who, QUESTION, backend=dead) for who in people]
    taken = await asyncio.gather(*(hall.sweep(hall.other_process()) for _ in range(5)))
    assert sum(taken) == len(lost)
    for one in lost:
        assert len(await hall.events(one.ack.conversation_id, actor_kind="bot")) == 1


# --- what it costs ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("is_open", "limit"), [(True, 1), (False, 2)], ids=["open", "opening"])
async def test_receiving_a_text_takes_few_statements(hall: Hall, is_open: bool, limit: int) -> None:
    who = await hall.visitor()
    if is_open:
        await hall.say(who, "你好")
    counting = CountingDatabase(hall.db)
    await hall.say(who, QUESTION, backend=replace(hall.backend, db=counting))  # type: ignore[arg-type]
    assert len(counting.statements) <= limit


@pytest.mark.parametrize(("text", "limit"), [(QUESTION, 2), ("你好", 2), ("转人工", 6)])
async def test_a_turn_takes_few_statements(hall: Hall, text: str, limit: int) -> None:
    await hall.library.get_shelf(hall.backend, hall.shop.shop_id)
    received = await hall.say(await hall.visitor(), text)
    counting = CountingDatabase(hall.db)
    await hall.answer(received.turn, backend=replace(hall.backend, db=counting))  # type: ignore[arg-type]
    assert (await hall.row(received.ack.conversation_id))["answered_seq"] == 2
    assert len(counting.statements) <= limit, counting.statements
