"""The nine cases of a client id, one after the other, for shoppers; then what of them differs for staff and notes.

1 first · 2 repeat · 3 repeat while the first runs · 4 repeat after a failure · 5 same id, another body · 6 from another
sender · 7 to another conversation · 8 long after · 9 after a crash between work and reply.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from uuid import UUID

import pytest
from faults import FailingDatabase
from hall import ANSWER, QUESTION, Hall

from xiaoer.business.conversation.actions import desk, shopper
from xiaoer.business.conversation.types import Received
from xiaoer.data.postgres.database import Database
from xiaoer.kit.errors import Conflict, Unavailable, Unprocessable

ID = "client-id-1"
RACERS = 20
CUT_WAITING = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()
"""
AGES_AGO = "UPDATE event SET created_at = created_at - interval '60 days'"


async def stored(hall: Hall, one_id: str = ID) -> list[dict[str, object]]:
    return [dict(row) for row in await hall.db.fetch("SELECT * FROM event WHERE client_id = $1", one_id)]


# --- shoppers -----------------------------------------------------------------------------------------------


async def test_1_first_is_stored_acknowledged_and_due(hall: Hall) -> None:
    received = await hall.say(await hall.visitor(), QUESTION, ID)
    (event,) = await stored(hall)
    assert (event["conversation_id"], event["public_seq"]) == (received.ack.conversation_id, received.ack.seq)
    assert event["data"] == {"type": "text", "text": QUESTION}
    assert received.turn is not None
    assert hall.announced == [received.ack.conversation_id]


async def test_2_repeat_gets_the_first_answer_and_no_turn(hall: Hall) -> None:
    who = await hall.visitor()
    first, second = await hall.say(who, QUESTION, ID), await hall.say(who, QUESTION, ID)
    assert second == Received(first.ack, turn=None)
    assert len(await stored(hall)) == 1
    await hall.answer(first.turn)
    assert await hall.say(who, QUESTION, ID) == Received(first.ack, turn=None)
    assert len(await hall.events(first.ack.conversation_id, actor_kind="bot")) == 1


@pytest.mark.parametrize("is_open", [False, True], ids=["opening", "in an open conversation"])
async def test_3_repeat_while_the_first_runs(hall: Hall, is_open: bool) -> None:
    who = await hall.visitor()
    if is_open:
        await hall.answer((await hall.say(who, "你好")).turn)
    received = await asyncio.gather(*(hall.say(who, QUESTION, ID) for _ in range(RACERS)))
    assert len({one.ack for one in received}) == 1
    assert sum(one.turn is not None for one in received) == 1
    assert len(await stored(hall)) == 1
    assert len(await hall.db.fetch("SELECT 1 FROM conversation")) == 1
    row = await hall.row(received[0].ack.conversation_id)
    assert row["seq"] == len(await hall.events(row["conversation_id"]))


async def test_3_different_messages_that_open_at_once_share_one_conversation(hall: Hall) -> None:
    who = await hall.visitor()
    received = await asyncio.gather(*(hall.say(who, f"第{n}句") for n in range(RACERS)))
    assert len({one.ack.conversation_id for one in received}) == 1
    assert sorted(one.ack.seq for one in received) == list(range(2, RACERS + 2))
    assert sum(one.turn is not None for one in received) == 1


@pytest.mark.parametrize("after", [False, True], ids=["failed before the work", "failed after the commit"])
@pytest.mark.parametrize("is_open", [False, True], ids=["opening", "in an open conversation"])
async def test_4_repeat_after_a_failure(hall: Hall, is_open: bool, after: bool) -> None:
    who = await hall.visitor()
    if is_open:
        await hall.answer((await hall.say(who, "你好")).turn)
    word = "WITH prior AS" if is_open else "WITH opened AS"
    broken = replace(hall.backend, db=FailingDatabase(hall.db, word, after=after))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await hall.say(who, QUESTION, ID, backend=broken)
    assert len(await stored(hall)) == int(after)
    again = await hall.say(who, QUESTION, ID, backend=broken)
    assert len(await stored(hall)) == 1
    assert (again.turn is None) is after
    assert (await hall.say(who, QUESTION, ID)).ack == again.ack


async def test_4_repeat_after_the_connection_was_cut_in_mid_statement(hall: Hall, dsn: str) -> None:
    who = await hall.visitor()
    conversation_id = (await hall.say(who, "你好")).ack.conversation_id
    other = await Database.connect(dsn)
    try:
        async with other.transaction() as work:
            # Whoever sends now waits for this row, and is cut while it waits.
            await work.execute("SELECT 1 FROM conversation WHERE conversation_id = $1 FOR UPDATE", conversation_id)
            sending = asyncio.create_task(hall.say(who, QUESTION, ID))
            async with asyncio.timeout(5):
                while not await other.fetchval(CUT_WAITING):  # noqa: ASYNC110 - another session's doing
                    await asyncio.sleep(0.01)
            with pytest.raises(Unavailable):
                await sending
    finally:
        await other.close()
    assert await stored(hall) == []
    again = await hall.say(who, QUESTION, ID)
    assert len(await stored(hall)) == 1
    assert again.ack.conversation_id == conversation_id


async def test_5_same_id_with_another_body_is_refused(hall: Hall) -> None:
    who = await hall.visitor()
    first = await hall.say(who, QUESTION, ID)
    with pytest.raises(Unprocessable) as refused:
        await hall.say(who, QUESTION + "？", ID)
    assert (refused.value.code, refused.value.status) == ("message.id_reused", 422)
    assert [one["data"]["text"] for one in await stored(hall)] == [QUESTION]  # type: ignore[index]
    assert (await hall.row(first.ack.conversation_id))["seq"] == 2


async def test_5_of_two_bodies_that_race_one_is_refused(hall: Hall) -> None:
    who = await hall.visitor()
    texts = [f"第{n}种说法" for n in range(RACERS)]
    results = await asyncio.gather(*(hall.say(who, text, ID) for text in texts), return_exceptions=True)
    assert sum(isinstance(one, Received) for one in results) == 1
    assert sum(isinstance(one, Unprocessable) for one in results) == RACERS - 1
    assert len(await stored(hall)) == 1


async def test_6_same_id_from_another_sender_is_another_message(hall: Hall) -> None:
    one, two = await hall.visitor(), await hall.visitor()
    first, second = await hall.say(one, QUESTION, ID), await hall.say(two, "另一句话", ID)
    assert first.ack.conversation_id != second.ack.conversation_id
    assert len(await stored(hall)) == 2
    assert (await hall.say(one, QUESTION, ID)).ack == first.ack
    assert (await hall.say(two, "另一句话", ID)).ack == second.ack


async def test_7_repeat_when_another_conversation_is_open_answers_from_the_first(hall: Hall) -> None:
    who = await hall.visitor()
    first = await hall.say(who, QUESTION, ID)
    await shopper.end_conversation(hall.backend, who)
    assert (await hall.say(who, QUESTION, ID)).ack == first.ack, "a repeat opened a new conversation"
    second = await hall.say(who, "新的问题")
    assert second.ack.conversation_id != first.ack.conversation_id
    assert await hall.say(who, QUESTION, ID) == Received(first.ack, turn=None)
    with pytest.raises(Unprocessable):
        await hall.say(who, "又一个问题", ID)
    assert len(await stored(hall)) == 1


async def test_8_repeat_long_after(hall: Hall) -> None:
    who = await hall.visitor()
    first = await hall.say(who, QUESTION, ID)
    await hall.answer(first.turn)
    await shopper.end_conversation(hall.backend, who)
    await hall.db.execute(AGES_AGO)
    await hall.db.execute("UPDATE conversation SET created_at = created_at - interval '60 days'")
    assert await hall.say(who, QUESTION, ID) == Received(first.ack, turn=None)
    assert len(await stored(hall)) == 1


async def test_9_repeat_after_a_crash_between_work_and_reply(hall: Hall) -> None:
    """The process dies with the ack unsent and the turn untaken: the sweeper answers once, the repeat is acknowledged."""
    who = await hall.visitor()
    dead = hall.other_process()
    lost = await hall.say(who, QUESTION, ID, backend=dead)
    assert lost.turn is not None
    living = hall.other_process()
    again, taken = await asyncio.gather(hall.say(who, QUESTION, ID, backend=living), hall.sweep(living))
    assert again == Received(lost.ack, turn=None)
    assert taken == 1
    assert await hall.sweep(living) == await hall.sweep(hall.backend) == 0
    # The dead process comes back from a pause and takes its turn after all: its lease is gone.
    await hall.answer(lost.turn, backend=dead)
    answers = await hall.events(lost.ack.conversation_id, actor_kind="bot")
    assert [one["data"]["text"] for one in answers] == [ANSWER]


# --- staff and notes ----------------------------------------------------------------------------------------


async def served(hall: Hall) -> UUID:
    return await hall.served(await hall.visitor(), hall.people["lina"])


BOTH = pytest.mark.parametrize("is_note", [False, True], ids=["message", "note"])


@BOTH
async def test_staff_1_first_and_2_repeat(hall: Hall, is_note: bool) -> None:
    conversation_id, lina = await served(hall), hall.people["lina"]
    first = await hall.reply(lina, conversation_id, "您好", ID, is_note=is_note)
    assert await hall.reply(lina, conversation_id, "您好", ID, is_note=is_note) == first
    (event,) = await stored(hall)
    assert (event["seq"], event["kind"]) == (first.seq, "note" if is_note else "message")
    assert (event["public_seq"] is None) is is_note
    assert (await hall.row(conversation_id))["seq"] == first.seq


@BOTH
async def test_staff_3_repeat_while_the_first_runs(hall: Hall, is_note: bool) -> None:
    conversation_id, lina = await served(hall), hall.people["lina"]
    before = (await hall.row(conversation_id))["seq"]
    acks = await asyncio.gather(
        *(hall.reply(lina, conversation_id, "您好", ID, is_note=is_note) for _ in range(RACERS))
    )
    assert len(set(acks)) == 1
    assert len(await stored(hall)) == 1
    assert (await hall.row(conversation_id))["seq"] == before + 1


@BOTH
@pytest.mark.parametrize("after", [False, True], ids=["failed before the work", "failed after the commit"])
async def test_staff_4_repeat_after_a_failure(hall: Hall, is_note: bool, after: bool) -> None:
    conversation_id, lina = await served(hall), hall.people["lina"]
    broken = replace(hall.backend, db=FailingDatabase(hall.db, "WITH moved AS", after=after))  # type: ignore[arg-type]
    with pytest.raises(Unavailable):
        await hall.reply(lina, conversation_id, "您好", ID, is_note=is_note, backend=broken)
    assert len(await stored(hall)) == int(after)
    again = await hall.reply(lina, conversation_id, "您好", ID, is_note=is_note, backend=broken)
    assert [one["seq"] for one in await stored(hall)] == [again.seq]


@BOTH
async def test_staff_5_same_id_with_another_body(hall: Hall, is_note: bool) -> None:
    conversation_id, lina = await served(hall), hall.people["lina"]
    await hall.reply(lina, conversation_id, "您好", ID, is_note=is_note)
    for words, note in (("再见", is_note), ("您好", not is_note)):
        with pytest.raises(Unprocessable) as refused:
            await hall.reply(lina, conversation_id, words, ID, is_note=note)
        assert refused.value.code == "message.id_reused"
    assert len(await stored(hall)) == 1


async def test_staff_6_same_id_from_a_colleague_is_another_note(hall: Hall) -> None:
    conversation_id = await served(hall)
    for name in ("lina", "chen"):
        await hall.reply(hall.people[name], conversation_id, f"{name}看过", ID, is_note=True)
    assert {one["actor_name"] for one in await stored(hall)} == {"lina", "chen"}


@BOTH
async def test_staff_7_same_id_to_another_conversation(hall: Hall, is_note: bool) -> None:
    one, two, lina = await served(hall), await served(hall), hall.people["lina"]
    await hall.reply(lina, one, "您好", ID, is_note=is_note)
    with pytest.raises(Unprocessable):
        await hall.reply(lina, two, "您好", ID, is_note=is_note)
    assert [event["conversation_id"] for event in await stored(hall)] == [one]


@BOTH
async def test_staff_8_repeat_long_after_and_after_the_end(hall: Hall, is_note: bool) -> None:
    conversation_id, lina = await served(hall), hall.people["lina"]
    first = await hall.reply(lina, conversation_id, "您好", ID, is_note=is_note)
    await desk.resolve(hall.backend, lina, conversation_id)
    await hall.db.execute(AGES_AGO)
    assert await hall.reply(lina, conversation_id, "您好", ID, is_note=is_note) == first
    assert len(await stored(hall)) == 1


async def test_staff_9_repeat_after_a_lost_ack_when_a_colleague_has_taken_over(hall: Hall) -> None:
    """What was stored is acknowledged even when its sender may no longer speak; what was not, is refused."""
    conversation_id, lina = await served(hall), hall.people["lina"]
    first = await hall.reply(lina, conversation_id, "您好", ID)
    await desk.take_over(hall.backend, hall.people["boss"], conversation_id)
    assert await hall.reply(lina, conversation_id, "您好", ID) == first
    with pytest.raises(Conflict) as refused:
        await hall.reply(lina, conversation_id, "我还在", "client-id-2")
    assert (refused.value.code, refused.value.params["staff_name"]) == ("conversation.not_yours", "boss")
