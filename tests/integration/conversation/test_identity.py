"""Who a shopper is: no forged signature enters, a sign-in brings the visitor's own history and nobody else's."""

from __future__ import annotations

import hashlib
import hmac
import string
import time
from random import Random
from typing import Any
from uuid import UUID, uuid4

import pytest
from stage import Branch, Shopper, Stage, client_id

from xiaoer.business.customer.rules import sign_identity

USER = "user-1"


def greet(stage: Stage, branch: Branch, **body: Any) -> tuple[int, dict[str, Any]]:
    with stage.client() as client:
        response = client.post("/visitors", json={"widget_key": branch.widget_key, **body})
    return response.status_code, response.json()


def sign_in(stage: Stage, branch: Branch, user_id: str, token: str | None = None, **changes: Any) -> Shopper:
    status, body = greet(stage, branch, token=token, identity=branch.sign(user_id, **changes))
    assert status == 200, body
    assert body["is_verified"]
    return Shopper(UUID(body["customer_id"]), body["token"], body["name"], user_id)


def snapshot(stage: Stage, who: Shopper) -> dict[str, Any]:
    with stage.client(who.token) as client:
        response = client.get("/visitor/conversation")
    assert response.status_code == 200, response.text
    return dict(response.json())


def history(stage: Stage, who: Shopper) -> str:
    with stage.client(who.token) as client:
        return client.get("/visitor/history").text


def status_of(stage: Stage, who: Shopper) -> int:
    with stage.client(who.token) as client:
        return client.get("/visitor/conversation").status_code


# --- signatures ---------------------------------------------------------------------------------------------


def hand_made_mutants(stage: Stage, branch: Branch) -> dict[str, dict[str, Any]]:
    good = branch.sign(USER)
    signature, expires_at = good["signature"], good["expires_at"]
    now = int(time.time())

    def signed(user_id: Any, at: Any, key: str = branch.widget_key, secret: str = branch.secret) -> dict[str, Any]:
        return {"user_id": user_id, "name": "", "expires_at": at, "signature": sign_identity(secret, user_id, at, key)}

    return {
        "empty": good | {"signature": ""},
        "missing": {key: value for key, value in good.items() if key != "signature"},
        "null": good | {"signature": None},
        "truncated": good | {"signature": signature[:-1]},
        "first half": good | {"signature": signature[:32]},
        "longer": good | {"signature": signature + "0"},
        "upper case": good | {"signature": signature.upper()},
        "with a blank": good | {"signature": signature + " "},
        "not ASCII": good | {"signature": "é" * 64},
        "a number": good | {"signature": int(signature, 16)},
        "a list": good | {"signature": [signature]},
        "another shop's key": signed(USER, expires_at, secret=stage.b.secret),
        "another shop's widget": signed(USER, expires_at, key=stage.b.widget_key),
        "another user": good | {"user_id": "user-2"},
        "no user": signed("", expires_at),
        "a bar in the user": signed(f"{USER}|1", expires_at),
        "a user too long": signed("u" * 129, expires_at),
        "another expiry": good | {"expires_at": expires_at + 1},
        "expired": signed(USER, now - 1),
        "expired long ago": signed(USER, 0),
        "negative expiry": signed(USER, -1),
        "more than a day": signed(USER, now + 24 * 3600 + 60),
        "milliseconds": signed(USER, now * 1000 + 3_600_000),
        "huge expiry": signed(USER, 2**70),
        # The right number as a text is the right number to the decoder, and so no mutant.
        "another expiry as text": good | {"expires_at": str(expires_at + 1)},
        "expiry as a fraction": good | {"expires_at": expires_at + 0.5},
        "expiry true": good | {"expires_at": True},
        "plain SHA-256": good
        | {"signature": hashlib.sha256(f"{USER}|{expires_at}|{branch.widget_key}".encode()).hexdigest()},
        "HMAC with an empty key": signed(USER, expires_at, secret=""),
        "HMAC-SHA1": good
        | {
            "signature": hmac.new(
                branch.secret.encode(), f"{USER}|{expires_at}|{branch.widget_key}".encode(), hashlib.sha1
            ).hexdigest()
        },
        "an extra field": good | {"is_admin": True},
        "user as a number": good | {"user_id": 1},
    }


def test_hand_made_mutants_are_refused(stage: Stage) -> None:
    before = stage.sql("SELECT count(*) AS n FROM customer WHERE shop_id = $1", stage.a.shop_id)[0]["n"]
    for name, identity in hand_made_mutants(stage, stage.a).items():
        status, body = greet(stage, stage.a, identity=identity)
        assert status in (400, 401), f"{name}: {body}"
        assert "token" not in body, name
    after = stage.sql("SELECT count(*) AS n FROM customer WHERE shop_id = $1", stage.a.shop_id)[0]["n"]
    assert after == before
    assert greet(stage, stage.a, identity=stage.a.sign(USER))[0] == 200, "the original itself was not accepted"


def test_random_mutants_are_refused(stage: Stage) -> None:
    """One change somewhere in user, expiry or signature of an identity that is right."""
    random, accepted = Random(7), []
    for _ in range(500):
        good = stage.a.sign(f"user-{random.randrange(100)}")
        identity = mutate(random, good)
        if identity == good:
            continue
        status, _ = greet(stage, stage.a, identity=identity)
        if status not in (400, 401):
            accepted.append((status, identity))
    assert accepted == []


def mutate(random: Random, good: dict[str, Any]) -> dict[str, Any]:
    name = random.choice(["user_id", "signature", "signature", "expires_at"])
    if name == "expires_at":
        return good | {name: good[name] + random.choice([-1, 1, 60, 3600, -(10**9), 10**9])}
    text = list(good[name])
    place = random.randrange(len(text))
    match random.choice(["change", "delete", "insert", "swap"]):
        case "change":
            text[place] = random.choice(string.hexdigits)
        case "delete":
            del text[place]
        case "insert":
            text.insert(place, random.choice(string.printable.strip()))
        case "swap":
            text[place], text[-1] = text[-1], text[place]
    return good | {name: "".join(text)}


def test_a_rotated_key_ends_what_the_old_one_signed(stage: Stage) -> None:
    branch = stage.open_branch("rotation")
    old = branch.sign(USER)
    assert greet(stage, branch, identity=old)[0] == 200
    with stage.client(branch.people["administrator"].token) as client:
        branch.secret = client.post("/shop/identity-secret/rotate").json()["secret"]
    assert greet(stage, branch, identity=old)[0] == 401
    assert greet(stage, branch, identity=branch.sign(USER))[0] == 200


# --- joining ------------------------------------------------------------------------------------------------


def test_sign_in_joins_the_anonymous_history(stage: Stage) -> None:
    visitor, user = stage.visitor(stage.a), f"joiner-{client_id()}"
    conversation_id = stage.say(visitor, "登录前的话")["conversation_id"]
    stage.await_answer(UUID(conversation_id))
    shopper = sign_in(stage, stage.a, user, visitor.token)
    assert snapshot(stage, shopper)["conversation"]["conversation_id"] == conversation_id
    assert "登录前的话" in history(stage, shopper)
    with stage.client(stage.a.people["agent"].token) as client:
        seen = client.get(f"/conversations/{conversation_id}").json()
    assert seen["conversation"]["customer"]["customer_id"] == str(shopper.customer_id)
    assert seen["events"][-1]["kind"] == "identified"
    assert "identified" not in history(stage, shopper)


def test_a_merged_visitors_token_is_dead(stage: Stage) -> None:
    visitor = stage.visitor(stage.a)
    stage.say(visitor, "你好")
    with stage.widget(visitor.token) as socket:
        sign_in(stage, stage.a, f"merged-{client_id()}", visitor.token)
        answer = socket.ask({"type": "send", "id": client_id(), "content": {"type": "text", "text": "我还在"}})
        assert answer["type"] in ("error", "bye")
    assert status_of(stage, visitor) == 401
    # Saying hello with it begins afresh, as nobody in particular.
    status, body = greet(stage, stage.a, token=visitor.token)
    assert status == 200
    assert not body["is_verified"]
    assert body["customer_id"] != str(visitor.customer_id)


def test_a_second_visitor_of_the_same_shopper_joins_too(stage: Stage) -> None:
    """Phone first, computer later: both anonymous histories end up with the one shopper; one conversation stays open."""
    user, visitors = f"devices-{client_id()}", [stage.visitor(stage.a) for _ in range(2)]
    for number, visitor in enumerate(visitors):
        stage.await_answer(UUID(stage.say(visitor, f"设备{number}上的话")["conversation_id"]))
    first, second = (sign_in(stage, stage.a, user, visitor.token) for visitor in visitors)
    assert first.customer_id == second.customer_id
    for shopper in (first, second):
        assert "设备0上的话" in history(stage, shopper)
        assert "设备1上的话" in history(stage, shopper)
    rows = stage.sql("SELECT state FROM conversation WHERE customer_id = $1", first.customer_id)
    assert sorted(row["state"] for row in rows) == ["ended", "open"]


@pytest.mark.parametrize("who_waits", ["shopper", "visitor", "both"])
def test_of_two_open_conversations_the_one_with_a_person_stays(stage: Stage, who_waits: str) -> None:
    user = f"both-{client_id()}"
    shopper = sign_in(stage, stage.a, user)
    older = UUID(stage.say(shopper, "旧会话")["conversation_id"])
    visitor = stage.visitor(stage.a)
    newer = UUID(stage.say(visitor, "新会话")["conversation_id"])
    for conversation_id, waits in ((older, "shopper"), (newer, "visitor")):
        stage.await_answer(conversation_id)
        if who_waits in (waits, "both"):
            with stage.client(stage.a.people["agent"].token) as client:
                assert client.post(f"/conversations/{conversation_id}/take-over").status_code == 200
    again = sign_in(stage, stage.a, user, visitor.token)
    rows = {
        row["conversation_id"]: row["state"]
        for row in stage.sql("SELECT * FROM conversation WHERE customer_id = $1", again.customer_id)
    }
    stays = older if who_waits == "shopper" else newer
    assert rows == {older: "ended", newer: "ended"} | {stays: "open"}


def test_a_message_whose_ack_was_lost_before_the_sign_in_is_stored_once(stage: Stage) -> None:
    visitor, one_id = stage.visitor(stage.a), client_id("lost")
    ack = stage.say(visitor, "这句发了没有", one_id)
    shopper = sign_in(stage, stage.a, f"resend-{client_id()}", visitor.token)
    assert stage.say(shopper, "这句发了没有", one_id) == ack
    assert len(stage.sql("SELECT 1 FROM event WHERE client_id = $1", one_id)) == 1


def test_client_ids_that_both_used_do_not_stop_a_sign_in(stage: Stage) -> None:
    user, one_id = f"same-{client_id()}", client_id("same")
    shopper = sign_in(stage, stage.a, user)
    stage.say(shopper, "甲句", one_id)
    visitor = stage.visitor(stage.a)
    stage.say(visitor, "乙句，我的手机号13812348000", one_id)
    joined = sign_in(stage, stage.a, user, visitor.token)
    assert joined.customer_id == shopper.customer_id
    assert "甲句" in history(stage, joined)
    assert "乙句" in history(stage, joined)


def test_files_come_along(stage: Stage) -> None:
    visitor = stage.visitor(stage.a)
    with stage.client(visitor.token) as client:
        uploaded = client.post("/visitor/attachments", files={"file": ("a.txt", "购物清单".encode(), "text/plain")})
    shopper = sign_in(stage, stage.a, f"files-{client_id()}", visitor.token)
    with stage.client(shopper.token) as client:
        assert client.get(f"/visitor/attachments/{uploaded.json()['attachment_id']}").content.decode() == "购物清单"


# --- never crossing -----------------------------------------------------------------------------------------


def test_from_one_shopper_to_another_nothing_crosses(stage: Stage) -> None:
    """A shared computer: the second person signs in over the first one's token."""
    first = sign_in(stage, stage.a, f"first-{client_id()}")
    stage.say(first, "第一个人的秘密")
    second = sign_in(stage, stage.a, f"second-{client_id()}", first.token)
    assert second.customer_id != first.customer_id
    assert snapshot(stage, second)["conversation"] is None
    assert "秘密" not in history(stage, second)
    assert "秘密" in history(stage, first)
    with stage.client(second.token) as client:
        found = snapshot(stage, first)["conversation"]["conversation_id"]
        assert client.get(f"/visitor/events?conversation_id={found}").status_code == 404


def test_signing_out_and_in_again_crosses_nothing(stage: Stage) -> None:
    random = Random(11)
    people = [f"switch-{n}-{client_id()}" for n in range(3)]
    token: str | None = None
    said: dict[str, str] = {user: f"{user}说的话" for user in people}
    for _ in range(30):
        user = random.choice(people)
        shopper = sign_in(stage, stage.a, user, token)
        stage.say(shopper, said[user])
        seen = history(stage, shopper)
        assert said[user] in seen
        assert not [other for other in people if other != user and said[other] in seen]
        token = shopper.token
        if random.random() < 0.5:
            with stage.client(token) as client:
                assert client.post("/visitor/sign-out").status_code == 204
            assert status_of(stage, shopper) == 401


def test_sign_out_ends_the_token_and_nothing_else(stage: Stage) -> None:
    user = f"out-{client_id()}"
    one, two = sign_in(stage, stage.a, user), sign_in(stage, stage.a, user)
    stage.say(one, "还在吗")
    with stage.client(one.token) as client:
        assert client.post("/visitor/sign-out").status_code == 204
    assert (status_of(stage, one), status_of(stage, two)) == (401, 200)
    assert "还在吗" in history(stage, two)


def test_an_unverified_visitor_is_never_shown_orders(stage: Stage) -> None:
    """Saying somebody's name, or guessing their number, is no proof."""
    visitor = stage.visitor(stage.a, name="甲客")
    with stage.client(visitor.token) as client:
        assert client.get("/visitor/orders").json() == {"signed_in": False, "orders": []}
        body = {"client_id": client_id(), "content": {"type": "order", "number": stage.a.order_number}}
        assert client.post("/visitor/messages", json=body).status_code == 404


def test_a_token_of_another_shop_is_nobody_here(stage: Stage) -> None:
    foreign = stage.visitor(stage.b)
    stage.say(foreign, "乙店的话")
    status, body = greet(stage, stage.a, token=foreign.token)
    assert status == 200
    assert body["token"] != foreign.token
    joined = sign_in(stage, stage.a, f"foreign-{client_id()}", foreign.token)
    assert "乙店的话" not in history(stage, joined)
    assert "乙店的话" in history(stage, foreign)


def test_an_unknown_token_begins_afresh(stage: Stage) -> None:
    status, body = greet(stage, stage.a, token=str(uuid4()))
    assert (status, body["is_verified"]) == (200, False)
