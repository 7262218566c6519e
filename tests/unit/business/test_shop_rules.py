"""Opening hours at their edges, and settings that cannot work."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import msgspec
import pytest

from xiaoer.business.shop import rules
from xiaoer.business.shop.types import Settings
from xiaoer.kit.errors import InvalidInput

SHANGHAI, NEW_YORK = "Asia/Shanghai", "America/New_York"
# 2026-11-16 is a Monday.
NIGHT = {"mon": [("18:00", "24:00")], "tue": [("00:00", "02:00"), ("18:00", "24:00")]}


def local(text: str, zone: str = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-11-16T17:59:59", False),
        ("2026-11-16T18:00:00", True),
        ("2026-11-16T23:59:59", True),
        ("2026-11-17T00:00:00", True),
        ("2026-11-17T01:59:59", True),
        ("2026-11-17T02:00:00", False),
        ("2026-11-18T00:00:00", False),
        ("2026-11-15T18:00:00", False),
    ],
)
def test_hours_across_midnight(at: str, is_open: bool) -> None:
    assert rules.is_open(NIGHT, SHANGHAI, local(at)) is is_open


def test_the_shops_zone_decides_the_day() -> None:
    """Sunday evening in London is Monday morning in Shanghai."""
    hours = {"mon": [("00:00", "24:00")]}
    at = datetime(2026, 11, 15, 16, 30, tzinfo=UTC)
    assert rules.is_open(hours, SHANGHAI, at)
    assert not rules.is_open(hours, "Europe/London", at)


def test_hours_follow_the_clock_through_summer_time() -> None:
    hours = {day: [("09:00", "17:00")] for day in rules.DAYS}
    for date in ("2026-03-07", "2026-03-08", "2026-10-31", "2026-11-01"):
        assert not rules.is_open(hours, NEW_YORK, local(f"{date}T08:59", NEW_YORK))
        assert rules.is_open(hours, NEW_YORK, local(f"{date}T09:00", NEW_YORK))
        assert not rules.is_open(hours, NEW_YORK, local(f"{date}T17:00", NEW_YORK))


def test_without_hours_always_and_with_an_empty_day_never() -> None:
    now = local("2026-11-16T12:00")
    assert rules.is_open({}, SHANGHAI, now)
    assert not rules.is_open({"mon": []}, SHANGHAI, now)
    assert not rules.is_open({"tue": [("00:00", "24:00")]}, SHANGHAI, now)


def test_any_minute_agrees_with_counting_minutes() -> None:
    random = Random(3)
    for _ in range(2_000):
        start, end = sorted(random.sample(range(24 * 60 + 1), 2))
        start = min(start, 24 * 60 - 1)
        hours = {"mon": [(f"{start // 60:02}:{start % 60:02}", f"{end // 60:02}:{end % 60:02}")]}
        minute = random.randrange(24 * 60)
        at = local("2026-11-16T00:00") + timedelta(minutes=minute)
        assert rules.is_open(hours, SHANGHAI, at) is (start <= minute < end)


GOOD = Settings(
    bot_name="小二", colour="#0f766e", hours={"mon": [("09:00", "24:00")]}, allowed_origins=["https://shop.example:8443"],
    ask_before_chat=["name"], variables={"ship_hours": {"zh-CN": "48"}}, privacy_url="/privacy",
)  # fmt: skip


def test_good_settings_pass() -> None:
    assert rules.check_settings(GOOD) is GOOD


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"bot_name": "  "}, "bot_name"),
        ({"bot_name": "二" * 21}, "bot_name"),
        ({"greeting": "好" * 301}, "greeting"),
        ({"colour": "red"}, "colour"),
        ({"colour": "#0f766e;}body{display:none"}, "colour"),
        ({"privacy_url": "javascript:alert(1)"}, "privacy_url"),
        ({"allowed_origins": ["*"]}, "allowed_origins"),
        ({"allowed_origins": ["https://a.example/path"]}, "allowed_origins"),
        ({"allowed_origins": ["null"]}, "allowed_origins"),
        ({"ask_before_chat": ["password"]}, "ask_before_chat"),
        ({"hours": {"someday": []}}, "hours"),
        ({"hours": {"mon": [("9:00", "10:00")]}}, "hours.mon"),
        ({"hours": {"mon": [("10:00", "10:00")]}}, "hours.mon"),
        ({"hours": {"mon": [("22:00", "02:00")]}}, "hours.mon"),
        ({"hours": {"mon": [("23:00", "24:01")]}}, "hours.mon"),
        ({"hours": {"mon": [("00:00", "25:00")]}}, "hours.mon"),
        ({"variables": {"Ship-Hours": {"en": "1"}}}, "variables.Ship-Hours"),
        ({"variables": {"ship_hours": {"en": "1" * 201}}}, "variables.ship_hours"),
    ],
)
def test_settings_that_cannot_work_are_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check_settings(msgspec.structs.replace(GOOD, **change))
    assert refused.value.params["field"] == field


@pytest.mark.parametrize(
    ("wanted", "picked"),
    [
        (None, "zh-CN"), ("", "zh-CN"), ("zh-CN", "zh-CN"), ("zh-TW", "zh-CN"), ("zh", "zh-CN"), ("en", "en"),
        ("en-GB", "en"), ("EN-us", "en"), ("fr", "zh-CN"), ("../..", "zh-CN"), ("-", "zh-CN"),
    ],
)  # fmt: skip
def test_the_nearest_locale_is_picked(wanted: str | None, picked: str) -> None:
    assert rules.pick_locale(wanted, "zh-CN") == picked


@pytest.mark.parametrize("name", ["", "Mars/Base", "../../etc/passwd", "UTC+8", "asia/shanghai"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        rules.check_timezone(name)
    assert rules.check_timezone(SHANGHAI) == SHANGHAI
