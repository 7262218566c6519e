"""Working hours and what settings must look like. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from xiaoer.kit.errors import InvalidInput

from .types import Hours, Settings

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LOCALES = ("zh-CN", "en")
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d|24:00")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+")
_VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,40}")


def is_open(hours: Hours, timezone: str, now: datetime) -> bool:
    """Whether people serve at that instant; a shop without hours is always open."""
    if not hours:
        return True
    local = now.astimezone(ZoneInfo(timezone))
    clock = local.strftime("%H:%M")
    return any(start <= clock < end for start, end in hours.get(DAYS[local.weekday()], []))


def check_settings(settings: Settings) -> Settings:
    """Refuse settings that cannot work, naming the field."""
    if not 1 <= len(settings.bot_name.strip()) <= 20:
        raise InvalidInput("shop.invalid_setting", field="bot_name", limit=20)
    if len(settings.greeting) > 300:
        raise InvalidInput("shop.invalid_setting", field="greeting", limit=300)
    if not _COLOUR.fullmatch(settings.colour):
        raise InvalidInput("shop.invalid_setting", field="colour", value=settings.colour)
    if settings.privacy_url and not settings.privacy_url.startswith(("https://", "http://", "/")):
        raise InvalidInput("shop.invalid_setting", field="privacy_url")
    for origin in settings.allowed_origins:
        if not _ORIGIN.fullmatch(origin):
            raise InvalidInput("shop.invalid_setting", field="allowed_origins", value=origin)
    if not set(settings.ask_before_chat) <= {"name"}:
        raise InvalidInput("shop.invalid_setting", field="ask_before_chat")
    _check_hours(settings.hours)
    for name, values in settings.variables.items():
        if not _VARIABLE.fullmatch(name) or any(len(v) > 200 for v in values.values()):
            raise InvalidInput("shop.invalid_setting", field=f"variables.{name}"[:60], limit=200)
    return settings


def _check_hours(hours: Hours) -> None:
    for day, spans in hours.items():
        if day not in DAYS:
            raise InvalidInput("shop.invalid_setting", field="hours", value=day[:20])
        for start, end in spans:
            if not (_TIME.fullmatch(start) and _TIME.fullmatch(end) and start < end):
                raise InvalidInput("shop.invalid_setting", field=f"hours.{day}", value=f"{start}–{end}"[:40])


def check_timezone(timezone: str) -> str:
    if timezone not in available_timezones():
        raise InvalidInput("shop.unknown_timezone", field="timezone", value=timezone[:60])
    return timezone


def check_locale(locale: str) -> str:
    if locale not in LOCALES:
        raise InvalidInput("locale.unknown", field="locale", value=locale[:20])
    return locale


def pick_locale(wanted: str | None, default: str) -> str:
    """The supported locale nearest to what a browser asks for."""
    if not wanted:
        return default
    if wanted in LOCALES:
        return wanted
    language = wanted.split("-")[0].lower()
    return next((locale for locale in LOCALES if locale.split("-")[0] == language), default)
