"""Log lines."""

from __future__ import annotations

import json
import logging

import pytest

from xiaoer.kit.errors import NotFound
from xiaoer.kit.logging import JsonLines, Log, bound


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.handler.setFormatter(JsonLines("test"))
    caplog.set_level(logging.INFO)
    return caplog


def test_a_line_has_event_fields_and_ids(lines: pytest.LogCaptureFixture) -> None:
    with bound(request="r1", trace="t1"):
        Log("xiaoer.x").info("turn_taken", ms=12, words=["a"])
    line = json.loads(lines.text)
    assert (line["event"], line["ms"], line["words"]) == ("turn_taken", 12, ["a"])
    assert (line["role"], line["request"], line["trace"], line["level"]) == ("test", "r1", "t1", "info")


def test_what_people_wrote_stays_out(lines: pytest.LogCaptureFixture) -> None:
    Log("xiaoer.x").info("received", text="我的密码", payload={"a": "我的密码"}, other={"b": "我的密码"})
    try:
        raise NotFound("order.not_found", said="我的密码") from ValueError("我的密码")
    except NotFound as error:
        Log("xiaoer.x").error("failed", cause=error)
    assert "密码" not in lines.text
    failed = json.loads(lines.text.splitlines()[1])["error"]
    assert failed["code"] == "order.not_found"
    assert failed["cause"]["type"] == "builtins.ValueError"
    assert "test_logging.py" in failed["frames"][-1]
