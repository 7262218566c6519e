"""Cursors: the sort and the last row's two keys, opaque to the outside.

The check sum finds a cursor that was cut or played with. No secret hangs on it: the values in a cursor are
checked like any other and travel as $n.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from xiaoer.data.postgres.values import Kind, read_value
from xiaoer.kit.errors import InvalidInput

_SUM_BYTES = 6
_MAX_LENGTH = 4096


def seal_cursor(sort: str, value: Any, key: Any) -> str:
    """A cursor behind a row; it is only good for the same sort."""
    body = msgspec.json.encode([sort, _plain(value), _plain(key)])
    return base64.urlsafe_b64encode(_sum(body) + body).decode().rstrip("=")


def open_cursor(cursor: str, sort: str, value_kind: Kind, key_kind: Kind) -> tuple[Any, Any]:
    """The two keys; a cursor that is broken or of another sort is InvalidInput."""
    try:
        if len(cursor) > _MAX_LENGTH:
            raise ValueError("too long")
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        body = raw[_SUM_BYTES:]
        if raw[:_SUM_BYTES] != _sum(body):
            raise ValueError("check sum")
        made_for, value, key = msgspec.json.decode(body, type=tuple[str, Any, Any])
        if made_for != sort:
            raise ValueError("another sort")
        return read_value("cursor", value_kind, value), read_value("cursor", key_kind, key)
    except (ValueError, binascii.Error, msgspec.MsgspecError, InvalidInput):
        raise InvalidInput("listing.invalid_cursor", field="cursor") from None


def _sum(body: bytes) -> bytes:
    return hashlib.blake2s(body, digest_size=_SUM_BYTES, person=b"xiaoerpg").digest()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
