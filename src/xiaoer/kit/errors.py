"""The one family of expected errors. The code is also the key of its text in the catalogues."""

from __future__ import annotations

from typing import Any, ClassVar


class XiaoerError(Exception):
    """Something a caller did, or a state it met, that has a name and an answer.

    `code` is stable and machine-readable (`message.too_long`); `params` fill its text and may name the
    `field`, `row` or `line` at fault. `status` is the HTTP status the edge answers with.
    """

    status: ClassVar[int] = 400

    def __init__(self, code: str, /, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params

    def __str__(self) -> str:
        if not self.params:
            return self.code
        return f"{self.code} ({', '.join(f'{k}={v}' for k, v in self.params.items())})"


class InvalidInput(XiaoerError):
    """The request itself is wrong; `field`, `row` or `line` says where."""

    status = 400


class NotSignedIn(XiaoerError):
    """No principal, or one that expired."""

    status = 401


class NotAllowed(XiaoerError):
    """The principal is known and lacks the permission."""

    status = 403


class NotFound(XiaoerError):
    """No such object, or none that this principal may know of: both answer alike."""

    status = 404


class Conflict(XiaoerError):
    """The object is in a state that refuses this; `params` say who or what came first."""

    status = 409


class TooLarge(XiaoerError):
    status = 413


class Unprocessable(XiaoerError):
    """Well-formed, yet contradicts what is known (an idempotency key reused with another body)."""

    status = 422


class TooManyRequests(XiaoerError):
    """Slow down; `retry_after` in seconds."""

    status = 429


class Unavailable(XiaoerError):
    """A part that is needed is down or overloaded; try again after `retry_after` seconds."""

    status = 503
