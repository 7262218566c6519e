"""Notifications."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.notify import MAX_PAYLOAD_BYTES, Listener, Notifier, join_payloads

Heard = list[tuple[str, list[str]]]
_CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1"


@pytest.fixture
async def notifier(dsn: str) -> AsyncIterator[Notifier]:
    made = Notifier(dsn)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def heard() -> Heard:
    return []


@pytest.fixture
async def listener(dsn: str, heard: Heard) -> AsyncIterator[Listener]:
    async def remember(channel: str, payloads: list[str]) -> None:
        heard.append((channel, payloads))
        if payloads == ["bad"]:
            raise ValueError(payloads)

    made = Listener(dsn, ["a", "b"], remember)
    await made.start()
    yield made
    await made.stop()


async def _until(is_so: Callable[[], bool], seconds: float = 8) -> None:
    async with asyncio.timeout(seconds):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


def _all(heard: Heard, channel: str) -> list[str]:
    return [payload for name, payloads in heard if name == channel for payload in payloads]


@pytest.mark.usefixtures("listener")
async def test_what_is_sent_arrives_once_per_channel(notifier: Notifier, heard: Heard) -> None:
    for number in range(1000):
        notifier.notify("a", f"文{number}")
        notifier.notify("a", f"文{number}")
    notifier.notify("b")
    notifier.notify("nobody listens", "x")
    await _until(lambda: len(_all(heard, "a")) >= 1000 and len(_all(heard, "b")) >= 1)
    assert sorted(_all(heard, "a")) == sorted(f"文{number}" for number in range(1000))
    assert _all(heard, "b") == [""]


@pytest.mark.usefixtures("listener")
async def test_much_at_once_travels_in_few_statements(notifier: Notifier, heard: Heard, db: Database) -> None:
    before = await db.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
    for number in range(2000):
        notifier.notify("a", str(number))
    await _until(lambda: len(_all(heard, "a")) == 2000)
    assert len(heard) < 20
    await asyncio.sleep(1.1)
    after = await db.fetchval("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()")
    assert after - before < 40


@pytest.mark.usefixtures("listener")
async def test_a_failing_callback_does_not_stop_the_listening(notifier: Notifier, heard: Heard) -> None:
    notifier.notify("a", "bad")
    await _until(lambda: len(heard) == 1)
    notifier.notify("a", "good")
    await _until(lambda: "good" in _all(heard, "a"))


@pytest.mark.usefixtures("listener")
async def test_a_cut_notifier_sends_what_it_still_holds(notifier: Notifier, heard: Heard, db: Database) -> None:
    notifier.notify("a", "before")
    await _until(lambda: "before" in _all(heard, "a"))
    await db.execute(_CUT, "xiaoer notifier")
    notifier.notify("a", "after")
    await _until(lambda: "after" in _all(heard, "a"))


async def test_a_cut_listener_comes_back_and_says_so(dsn: str, notifier: Notifier, db: Database) -> None:
    heard: Heard = []
    back = asyncio.Event()

    async def remember(channel: str, payloads: list[str]) -> None:
        heard.append((channel, payloads))

    async def say_back() -> None:
        back.set()

    listener = Listener(dsn, ["a"], remember, say_back)
    await listener.start()
    await db.execute(_CUT, "xiaoer listener")
    async with asyncio.timeout(5):
        await back.wait()
    notifier.notify("a", "x")
    await _until(lambda: _all(heard, "a") == ["x"])
    await listener.stop()


async def test_a_deaf_listener_notices(dsn: str) -> None:
    """As behind a transaction-pooling proxy: the connection lives, and nothing is heard."""
    back: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def ignore(_channel: str, _payloads: list[str]) -> None:
        return

    async def say_back() -> None:
        if not back.done():
            back.set_result(None)

    listener = Listener(dsn, ["a"], ignore, say_back)
    await listener.start()
    listener._ping_channel, hidden = "elsewhere", listener._ping_channel
    await asyncio.sleep(2.1)
    listener._ping_channel = hidden
    async with asyncio.timeout(8):
        await back
    await listener.stop()


def test_payloads_are_joined_up_to_the_limit() -> None:
    batch = [("a", "x" * 3000) for _ in range(5)] + [("b", "")]
    channels, payloads = join_payloads(batch)
    assert channels == ["a", "a", "a", "b"]
    assert all(len(payload.encode()) < MAX_PAYLOAD_BYTES for payload in payloads)
    assert [line for payload in payloads[:-1] for line in payload.split("\n")] == ["x" * 3000] * 5


async def test_contents_are_refused(dsn: str) -> None:
    notifier = Notifier(dsn)
    for payload in ("a\nb", "中" * 3000):
        with pytest.raises(ValueError, match="send ids"):
            notifier.notify("a", payload)
