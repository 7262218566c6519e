"""Whatever keeps the embedded server from running; an operator reads it, so it is a sentence."""

from __future__ import annotations

from typing import Any, ClassVar

from xiaoer.kit.errors import XiaoerError


class CannotStart(XiaoerError):
    """`str()` is one line that says what is wrong and what to do about it."""

    status: ClassVar[int] = 503

    def __init__(self, code: str, message: str, **params: Any) -> None:
        super().__init__(code, **params)
        self.message = message

    def __str__(self) -> str:
        return self.message
