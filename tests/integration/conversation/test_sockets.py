"""The two socket protocols under bad input, slow readers, floods, cuts and revoked sessions; and what a resume gives."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any
from uuid import UUID, uuid4

import pytest
from stage import Shopper, Socket, Stage, client_id
from websockets.exceptions import ConnectionClosed, InvalidStatus

from xiaoer.application.live import connection as live_connection
from xiaoer.application.live import hub as live_hub
from xiaoer.application.live import visitor as live_visitor
from xiaoer.application.live.connection import Connection
from xiaoer.data.stores import timeline
from xiaoer.kit.ids import hash_token


def say(text: str, one_id: str | None = None) -> dict[str, Any]:
    return {"type": "send", "id": one_id or client_id("ws"), "content": {"type": "text", "text": text}}


def is_alive(socket: Socket) -> bool:
    socket.send({"type": "ping"})
    return socket.wait_for("pong")["type"] == "pong"


MALFORMED: dict[str, str | bytes] = {
    "nothing": "",
    "a blank": " ",
    "no JSON": "hello?",
    "half a frame": '{"type":"send"',
    "a number": "1",
    "null": "null",
    "a list": "[]",
    "no type": "{}",
    "an empty type": '{"type":""}',
    "an unknown command": '{"type":"drop_tables"}',
    "a type that is no text": '{"type":1}',
    "an unknown field": '{"type":"ping","x":1}',
    "no content": '{"type":"send","id":"client-id-9"}',
    "no id": '{"type":"send","content":{"type":"text","text":"a"}}',
    "a short id": '{"type":"send","id":"a","content":{"type":"text","text":"a"}}',
    "an id with a blank": '{"type":"send","id":"client id 9","content":{"type":"text","text":"a"}}',
    "an unknown content": '{"type":"send","id":"client-id-9","content":{"type":"html","text":"a"}}',
    "a text that is a number": '{"type":"send","id":"client-id-9","content":{"type":"text","text":1}}',
    "a read mark below zero": '{"type":"read","seq":-1}',
    "a read mark beyond all": '{"type":"read","seq":99999999999999999999}',
    "a read mark that is a text": '{"type":"read","seq":"1"}',
    "deep nesting": "[" * 5_000,
    "bytes that are no text": b"\xff\xfe\x00\x80",
    "a surrogate": '{"type":"send","id":"client-id-9","content":{"type":"text","text":"\\ud800"}}',
    "a NUL": '{"type":"send","id":"client-id-9","content":{"type":"text","text":"a\\u0000b"}}',
    "a NUL in the context": '{"type":"send","id":"client-id-9","content":{"type":"text","text":"a"},'
    '"context":{"url":"\\u0000"}}',
}


@pytest.mark.parametrize("frame", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("side", ["widget", "desk"])
def test_a_malformed_frame_is_named_and_the_socket_lives_on(stage: Stage, side: str, frame: str | bytes) -> None:
    token = stage.visitor(stage.a).token if side == "widget" else stage.a.people["agent"].token
    with stage.widget(token) if side == "widget" else stage.desk(token) as socket:
        answer = socket.ask(frame)
        assert answer["type"] == "error"
        assert answer["code"] in ("frame.malformed", "request.nul_character")
        assert answer["message"]
        # A lone surrogate makes the whole frame unreadable, its id included.
        if "client-id-9" in str(frame) and "ud800" not in str(frame):
            assert answer["id"] == "client-id-9", "the sender cannot tell which message failed"
        assert is_alive(socket)


def test_bytes_that_are_a_frame_are_taken_as_one(stage: Stage) -> None:
    with stage.widget(stage.visitor(stage.a).token) as socket:
        assert socket.ask(json.dumps({"type": "ping"}).encode())["type"] == "pong"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u200b\u2060", "\x07"])
def test_an_empty_message_is_refused(stage: Stage, text: str) -> None:
    with stage.widget(stage.visitor(stage.a).token) as socket:
        answer = socket.ask(say(text))
        assert (answer["type"], answer["code"]) == ("error", "message.empty")
        assert answer["params"]["field"] == "content.text"


@pytest.mark.parametrize("length", [2_001, 9_000, 20_000])
def test_a_long_message_is_refused_with_the_limit(stage: Stage, length: int) -> None:
    with stage.widget(stage.visitor(stage.a).token) as socket:
        answer = socket.ask(say("长" * length))
        assert (answer["type"], answer["code"]) == ("error", "message.too_long")
        assert answer["params"]["limit"] == 2_000
        assert is_alive(socket)


def test_a_100_000_character_message_ends_the_socket_and_nothing_else(stage: Stage) -> None:
    """Beyond the frame limit the server does not even read on; over HTTP the same text is named."""
    who = stage.visitor(stage.a)
    with stage.widget(who.token) as socket:
        socket.send(say("长" * 100_000))
        socket.frames_until_closed()
        assert socket.raw.close_code == 1009
    with stage.client(who.token) as client:
        body = {"client_id": client_id(), "content": {"type": "text", "text": "长" * 100_000}}
        response = client.post("/visitor/messages", json=body)
        assert (response.status_code, response.json()["code"]) == (400, "message.too_long")
        assert client.get("/visitor/conversation").json()["conversation"] is None
    with stage.widget(who.token) as socket:
        assert socket.ask(say("还好"))["type"] == "ack"


def test_control_and_hidden_characters_are_dropped(stage: Stage) -> None:
    who = stage.visitor(stage.a)
    with stage.widget(who.token) as socket:
        socket.send(say("你\x07好\u202e吗\r\n第二行\t完 ⟦phone:1⟧"))
        assert socket.wait_for_event("message")["data"]["text"] == "你好吗\n第二行\t完 〚phone:1〛"


# --- hello --------------------------------------------------------------------------------------------------


def closing(socket: Socket) -> list[dict[str, Any]]:
    frames = socket.frames_until_closed(2)
    with pytest.raises(ConnectionClosed):
        socket.raw.recv(timeout=2)
    return frames


def test_without_a_hello_the_socket_is_closed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_visitor, "HELLO_SECONDS", 0.2)
    with stage.socket("/visitor/socket") as socket:
        frames = closing(socket)
    assert [one["type"] for one in frames] == ["error", "bye"]
    assert frames[0]["code"] == "frame.hello_missing"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ({"type": "ping"}, "frame.hello_first"),
        (say("先说一句"), "frame.hello_first"),
        ("garbage", "frame.malformed"),
        ({"type": "hello"}, "frame.malformed"),
        ({"type": "hello", "token": "nobody's"}, "visitor.unknown_token"),
        ({"type": "hello", "token": ""}, "visitor.unknown_token"),
        ({"type": "hello", "token": "x" * 10_000}, "frame.malformed"),
    ],
)
def test_a_wrong_first_frame_is_named_and_closes(stage: Stage, frame: Any, code: str) -> None:
    with stage.socket("/visitor/socket") as socket:
        socket.send(frame)
        frames = closing(socket)
    assert [one["type"] for one in frames] == ["error", "bye"]
    assert frames[0]["code"] == code


def test_a_wrong_locale_is_named(stage: Stage) -> None:
    with stage.widget(stage.visitor(stage.a).token) as socket:
        answer = socket.ask({"type": "locale", "locale": "tlh"})
        assert (answer["type"], answer["code"]) == ("error", "locale.unknown")


def test_a_second_hello_is_refused_and_changes_nobody(stage: Stage) -> None:
    one, two = stage.visitor(stage.a), stage.visitor(stage.a)
    with stage.widget(one.token) as socket:
        assert socket.ask({"type": "hello", "token": two.token})["code"] == "frame.hello_twice"
        socket.ask(say("我是谁"))
    assert stage.sql("SELECT 1 FROM conversation WHERE customer_id = $1", one.customer_id)
    assert not stage.sql("SELECT 1 FROM conversation WHERE customer_id = $1", two.customer_id)


# --- others' conversations ----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["watch", "send", "note", "typing", "read"])
def test_a_foreign_conversation_is_like_a_missing_one_at_the_desk(stage: Stage, command: str) -> None:
    foreign = str(stage.b.conversation_id)
    frames = {
        "watch": {"type": "watch"},
        "send": {"type": "send", "id": client_id("ws"), "content": {"type": "text", "text": "越界"}},
        "note": {"type": "send", "id": client_id("ws"), "content": {"type": "text", "text": "越界"}, "is_note": True},
        "typing": {"type": "typing"},
        "read": {"type": "read", "seq": 1},
    }
    with stage.desk(stage.a.people["administrator"].token) as socket:
        answers = [socket.ask(frames[command] | {"conversation_id": one}) for one in (foreign, str(uuid4()))]
    assert answers[0] == answers[1]
    assert answers[0]["code"] == "conversation.not_found"
    assert "越界" not in str(stage.sql("SELECT data FROM event WHERE shop_id = $1", stage.b.shop_id))


def test_a_foreign_conversation_in_a_hello_gives_the_visitors_own(stage: Stage) -> None:
    other, conversation_id = stage.conversation(stage.a, "别人的话")
    mine = stage.visitor(stage.a)
    with stage.widget(mine.token, conversation_id=str(conversation_id), since=0) as socket:
        assert socket.seen[0]["snapshot"] == {"conversation": None, "events": [], "has_more": False}
        with stage.widget(other.token) as theirs:
            theirs.ask(say("又一句"))
        assert is_alive(socket)
        assert "又一句" not in str(socket.seen)


# --- pushing and resuming -----------------------------------------------------------------------------------


def numbers(frames: list[dict[str, Any]]) -> list[int]:
    return [event["seq"] for frame in frames if frame["type"] == "events" for event in frame["events"]]


def test_both_sides_see_everything_in_order_and_the_shopper_no_note(stage: Stage) -> None:
    agent = stage.hire(stage.a, "agent", "小陈")
    who, conversation_id = stage.conversation(stage.a, taken_by=agent)
    with stage.widget(who.token) as widget, stage.desk(agent.token) as desk:
        first = widget.seen[0]["snapshot"]["conversation"]["public_seq"]
        desk.send({"type": "watch", "conversation_id": str(conversation_id)})
        start = desk.wait_for("snapshot")["snapshot"]["conversation"]["seq"]
        for n in range(5):
            widget.ask(say(f"顾客{n}"))
            named = {"conversation_id": str(conversation_id)}
            desk.ask(say(f"客服{n}") | named)
            desk.ask(say(f"便条{n}") | named | {"is_note": True})
        while len(numbers(widget.seen)) < 10:
            widget.wait_for("events")
        while len(numbers(desk.seen)) < 15:
            desk.wait_for("events")
        assert numbers(widget.seen) == list(range(first + 1, first + 11))
        assert numbers(desk.seen) == list(range(start + 1, start + 16))
        assert "便条" not in str(widget.seen)
        assert str(agent.staff_id) not in str(widget.seen)


def test_typing_and_read_marks_reach_the_other_side_only(stage: Stage) -> None:
    agent = stage.hire(stage.a, "agent", "小陈")
    who, conversation_id = stage.conversation(stage.a, taken_by=agent)
    named = {"conversation_id": str(conversation_id)}
    with stage.widget(who.token) as widget, stage.desk(agent.token) as desk:
        desk.ask({"type": "watch", **named})
        desk.send({"type": "typing", **named})
        assert widget.wait_for("typing")["actor"] == {"kind": "staff", "name": "小陈"}
        widget.send({"type": "typing"})
        assert desk.wait_for("typing")["actor"]["kind"] == "customer"
        desk.send({"type": "read", "seq": 2, **named})
        assert widget.wait_for("read")["seq"] == 2
        widget.send({"type": "read", "seq": 3})
        assert desk.wait_for("read", customer_read_seq=3)["staff_read_seq"] == 2
        assert is_alive(widget)
        assert len([one for one in widget.seen if one["type"] in ("typing", "read")]) == 2


async def test_each_socket_is_pushed_from_its_own_cursor() -> None:
    """One read serves all who follow: who is behind gets more of it, who is ahead nothing twice."""
    conversation_id = uuid4()
    events = [(seq, {"seq": seq} if seq != 6 else None, {"seq": seq}) for seq in range(4, 9)]

    async def send(_: str) -> None:
        return

    for is_public, cursor, expected in (
        (False, 3, [4, 5, 6, 7, 8]), (False, 5, [6, 7, 8]), (True, 5, [7, 8]), (False, 8, []), (True, 9, []),
    ):  # fmt: skip
        one = Connection(send, shop_id=uuid4(), subject_id=uuid4(), is_public=is_public)
        one.cursors[conversation_id] = cursor
        live_hub._push_events(one, conversation_id, events)
        assert numbers([json.loads(raw) for raw in one.queue]) == expected
        assert one.cursors[conversation_id] == max(cursor, 8)


@pytest.mark.parametrize("missed", [1, 49, 120, 499])
def test_a_resume_gives_exactly_what_was_missed(stage: Stage, missed: int) -> None:
    agent = stage.hire(stage.a)
    who, conversation_id = stage.conversation(stage.a, taken_by=agent)
    since = stage.sql("SELECT public_seq FROM conversation WHERE conversation_id = $1", conversation_id)[0][
        "public_seq"
    ]
    stage.call(_write(stage, conversation_id, missed))
    with stage.widget(who.token, conversation_id=str(conversation_id), since=since) as socket:
        welcome = socket.seen[0]
        assert welcome["snapshot"] is None
        assert [one["seq"] for one in welcome["events"]] == list(range(since + 1, since + missed + 1))
        socket.ask(say("继续"))
        assert socket.wait_for_event("message")["seq"] == since + missed + 1


@pytest.mark.parametrize("since", [0, 10**6])
def test_a_resume_beyond_reach_gives_a_snapshot(stage: Stage, since: int) -> None:
    """Too much missed, or a number that has not been given yet: begin from what stands."""
    agent = stage.hire(stage.a)
    who, conversation_id = stage.conversation(stage.a, taken_by=agent)
    stage.call(_write(stage, conversation_id, 600))
    with stage.widget(who.token, conversation_id=str(conversation_id), since=since) as socket:
        welcome = socket.seen[0]
        assert welcome["events"] is None
        last = welcome["snapshot"]["conversation"]["public_seq"]
        assert [one["seq"] for one in welcome["snapshot"]["events"]] == list(range(last - 49, last + 1))


async def _write(stage: Stage, conversation_id: UUID, count: int, text: str = "推送") -> None:
    """That many messages of staff at once, as if time had passed."""
    from xiaoer.data.rows.conversation import Changes, Guard, NewEvent

    backend = stage.web.backend
    for start in range(0, count, 100):
        size = min(100, count - start)
        events = [NewEvent("message", "staff", {"type": "text", "text": f"{text}{start + n}"}) for n in range(size)]
        await timeline.append(backend.db, stage.a.shop_id, conversation_id, events, Changes(), Guard())
    backend.announce(stage.a.shop_id, conversation_id)


async def test_a_slow_consumer_is_cut_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The queue never grows past its limits; after the cut only the goodbye is sent."""
    sent: list[str] = []
    gate = asyncio.Event()

    async def send(text: str) -> None:
        await gate.wait()
        sent.append(text)

    for count, size in ((live_connection.QUEUE_LIMIT + 2, 1), (20, live_connection.BYTE_LIMIT // 10)):
        sent.clear()
        gate.clear()
        one = Connection(send, shop_id=uuid4(), subject_id=uuid4(), is_public=True)
        writer = asyncio.create_task(one.write_until_closed())
        await asyncio.sleep(0)
        for _ in range(count):
            one.push({"x": "y" * size})
            assert len(one.queue) <= live_connection.QUEUE_LIMIT
            assert sum(map(len, one.queue)) <= live_connection.BYTE_LIMIT
        assert one.closing == "slow_consumer"
        assert not one.queue
        gate.set()
        await asyncio.wait_for(writer, 5)
        assert json.loads(sent[-1]) == {"type": "bye", "code": "slow_consumer"}
        assert len(sent) <= 2


def is_cut(stage: Stage, who: Shopper) -> bool:
    closing = {one.closing for one in list(stage.web.hub.connections) if one.subject_id == who.customer_id}
    return "slow_consumer" in closing


def test_a_slow_consumer_resumes_without_loss_and_others_do_not_wait(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A widget that stops reading is cut; it comes back with its last number and has missed nothing."""
    monkeypatch.setattr(live_connection, "BYTE_LIMIT", 256 * 1024)
    agent = stage.hire(stage.a)
    who, conversation_id = stage.conversation(stage.a, taken_by=agent)
    with stage.widget(who.token) as slow, stage.widget(who.token) as fast:
        known = slow.seen[0]["snapshot"]["conversation"]["public_seq"]
        total = 0
        # The kernels of both ends swallow some megabytes before a sender feels that nobody reads.
        while not (cut := is_cut(stage, who)) and total < 300:
            stage.call(_write(stage, conversation_id, 1, "字" * 30_000))
            total += 1
            while not numbers(fast.seen) or numbers(fast.seen)[-1] < known + total:
                fast.wait_for("events")
        assert cut, "a socket that nobody reads was never cut"
        assert numbers(fast.seen) == list(range(known + 1, known + total + 1))
        # The slow one reads at last: a gap-free beginning, the goodbye, the end.
        frames = slow.frames_until_closed(2)
        assert frames[-1] == {"type": "bye", "code": "slow_consumer"}
        got = numbers(slow.seen)
        assert got == list(range(known + 1, known + len(got) + 1))
    since = got[-1] if got else known
    with stage.widget(who.token, conversation_id=str(conversation_id), since=since) as again:
        missed = [one["seq"] for one in again.seen[0]["events"]]
        assert got + missed == list(range(known + 1, known + total + 1))


def test_a_flood_is_refused_and_passes(stage: Stage) -> None:
    with stage.widget(stage.visitor(stage.a).token) as socket:
        for _ in range(200):
            socket.send({"type": "ping"})
        answers = [socket.receive() for _ in range(200)]
        refused = [one for one in answers if one["type"] == "error"]
        assert {one["code"] for one in refused} == {"socket.too_many_frames"}
        assert 40 < len(refused) < 100
        time.sleep(0.2)
        assert is_alive(socket)


# --- the desk's door ----------------------------------------------------------------------------------------


def desk_first(stage: Stage, headers: dict[str, str]) -> dict[str, Any]:
    try:
        with stage.socket("/desk/socket", headers=headers) as socket:
            return socket.receive()
    except InvalidStatus as refused:
        return {"type": "refused", "status": refused.response.status_code}


def test_the_desk_takes_a_cookie_from_its_own_pages_only(stage: Stage) -> None:
    cookie = {"Cookie": f"xiaoer_session={stage.a.people['agent'].token}"}
    assert desk_first(stage, cookie | {"Origin": stage.url})["type"] == "welcome"
    foreign = [
        "https://evil.example", "null", "", f"{stage.url}.evil.example", "http://127.0.0.1:1", "http://localhost",
        f"http://evil.example/?{stage.url}", f"{stage.url}@evil.example",
    ]  # fmt: skip
    for origin in foreign:
        assert desk_first(stage, cookie | {"Origin": origin})["type"] in ("bye", "refused"), origin
    assert desk_first(stage, cookie)["type"] in ("bye", "refused"), "without an Origin it is no browser of ours"


@pytest.mark.parametrize("token", ["", "nobody", "x" * 5_000])
def test_the_desk_refuses_who_is_not_signed_in(stage: Stage, token: str) -> None:
    with stage.socket("/desk/socket", headers={"Authorization": f"Bearer {token}"}) as socket:
        frames = closing(socket)
    assert frames[-1] == {"type": "bye", "code": "signed_out"}


@pytest.mark.parametrize("how", ["signed out", "disabled", "new role", "expired"])
def test_a_revoked_session_ends_at_its_next_command(stage: Stage, how: str) -> None:
    agent = stage.hire(stage.a)
    _, conversation_id = stage.conversation(stage.a)
    with stage.desk(agent.token) as socket:
        revoke(stage, agent.staff_id, agent.token, how)
        command = {"type": "send", "id": client_id("ws"), "conversation_id": str(conversation_id), "is_note": True}
        socket.send(command | {"content": {"type": "text", "text": "趁还没关"}})
        frames = closing(socket)
    assert frames[-1] == {"type": "bye", "code": "signed_out"}
    assert "ack" not in [one["type"] for one in frames]
    assert "趁还没关" not in str(stage.sql("SELECT data FROM event WHERE conversation_id = $1", conversation_id))


def revoke(stage: Stage, staff_id: UUID, token: str, how: str) -> None:
    if how == "signed out":
        with stage.client(token) as client:
            assert client.delete("/session").status_code == 204
    elif how == "expired":
        stage.sql("UPDATE staff_session SET expires_at = now() WHERE token_hash = $1 RETURNING 1", hash_token(token))
    else:
        body = {"name": "某人", "role": "editor" if how == "new role" else "agent", "disabled": how == "disabled"}
        with stage.client(stage.a.people["administrator"].token) as client:
            assert client.put(f"/people/{staff_id}", json=body).status_code == 200


def test_a_signed_out_visitors_token_opens_no_socket(stage: Stage) -> None:
    who: Shopper = stage.visitor(stage.a)
    with stage.client(who.token) as client:
        assert client.post("/visitor/sign-out").status_code == 204
    with stage.socket("/visitor/socket") as socket:
        socket.send({"type": "hello", "token": who.token})
        frames = closing(socket)
    assert frames[-1] == {"type": "bye", "code": "signed_out"}
