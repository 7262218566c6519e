"""Structured logs: one JSON object a line on stderr, with the request's and the trace's id.

What people wrote never gets into a log: a line is an event name and short typed fields, fields whose names
stand for content are left out, and an exception is its type and its frames, not its words.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

request_id: ContextVar[str] = ContextVar("request_id", default="")
trace_id: ContextVar[str] = ContextVar("trace_id", default="")

_CONTENT = frozenset(
    {"text", "body", "content", "message", "payload", "answer", "question", "data", "password", "token"}
)
_MAX_LENGTH = 200
_FRAMES = 12
_FIELDS = "xiaoer_fields"


class Log:
    """A named source of events: `Log("xiaoer.jobs").info("job_done", kind=kind, ms=12)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, /, **fields: Any) -> None:
        self._logger.debug(event, extra={_FIELDS: fields})

    def info(self, event: str, /, **fields: Any) -> None:
        self._logger.info(event, extra={_FIELDS: fields})

    def warning(self, event: str, /, **fields: Any) -> None:
        self._logger.warning(event, extra={_FIELDS: fields})

    def error(self, event: str, /, *, cause: BaseException | None = None, **fields: Any) -> None:
        """`cause` adds the exception's type, code and frames."""
        self._logger.error(event, exc_info=cause, extra={_FIELDS: fields})


def configure_logging(role: str, level: str = "INFO") -> None:
    """Send every logger of this process, other libraries' too, to stderr as JSON lines."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(role))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


@contextmanager
def bound(*, request: str = "", trace: str = "") -> Iterator[None]:
    """Everything logged inside the block, in tasks started there too, carries these ids."""
    tokens = (request_id.set(request or request_id.get()), trace_id.set(trace or trace_id.get()))
    try:
        yield
    finally:
        request_id.reset(tokens[0])
        trace_id.reset(tokens[1])


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "role": self._role,
            "pid": record.process,
            "log": record.name,
            "event": record.getMessage()[:_MAX_LENGTH],
        }
        for name, variable in (("request", request_id), ("trace", trace_id)):
            if value := variable.get():
                line[name] = value
        for name, value in getattr(record, _FIELDS, {}).items():
            line[name] = "(left out)" if name in _CONTENT else _plain(value)
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe_error(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def describe_error(error: BaseException) -> dict[str, Any]:
    """Type, code where there is one, and the innermost frames; never the words, which may quote a person."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    described: dict[str, Any] = {
        "type": f"{type(error).__module__}.{type(error).__qualname__}",
        "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
    }
    for name in ("code", "sqlstate", "constraint_name", "errno"):
        value = getattr(error, name, None)
        if isinstance(value, str | int):
            described[name] = value
    if error.__cause__ is not None:
        described["cause"] = describe_error(error.__cause__)
    return described


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | UUID | datetime):
        return str(value)[:_MAX_LENGTH]
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(each) for each in list(value)[:20]]
    return type(value).__name__
