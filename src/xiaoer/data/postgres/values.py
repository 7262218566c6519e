"""Values of filters and cursors: checked and made into what the driver takes, by the kind of the field."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from xiaoer.kit.errors import InvalidInput

Kind = Literal["text", "integer", "boolean", "time", "uuid"]

MAX_TEXT = 500
_CASTS: dict[Kind, str] = {
    "text": "text",
    "integer": "bigint",
    "boolean": "boolean",
    "time": "timestamptz",
    "uuid": "uuid",
}
_WANTED: dict[Kind, str] = {
    "text": f"a text of at most {MAX_TEXT} characters",
    "integer": "a whole number",
    "boolean": "true or false",
    "time": "an instant such as 2026-11-11T00:00:00+08:00",
    "uuid": "an id",
}


def cast_of(kind: Kind) -> str:
    """The PostgreSQL type of a kind."""
    return _CASTS[kind]


def read_value(name: str, kind: Kind, value: Any) -> Any:
    """The value as Python has it; InvalidInput names the field and what it wants."""
    try:
        return _read(kind, value)
    except (ValueError, OverflowError):
        raise InvalidInput("listing.invalid_value", field=name, wanted=_WANTED[kind]) from None


def _read(kind: Kind, value: Any) -> Any:
    match kind, value:
        case "text", str() if len(value) <= MAX_TEXT and "\x00" not in value:
            value.encode()  # A lone surrogate is no text to the database.
            return value
        case "boolean", bool():
            return value
        case "integer", int() if not isinstance(value, bool) and -(2**63) <= value < 2**63:
            return value
        case "uuid", UUID():
            return value
        case "uuid", str():
            return UUID(value)
        case "time", datetime() if value.tzinfo is not None:
            return value
        case "time", str():
            return _read_instant(value)
    raise ValueError(kind)


def _read_instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    # utcoffset also refuses an offset that would leave the calendar.
    if instant.utcoffset() is None:
        raise ValueError("no offset")
    return instant
