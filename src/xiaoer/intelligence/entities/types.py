"""What the finders return."""

from __future__ import annotations

from typing import Literal

import msgspec

SpanKind = Literal["order_number", "tracking_number", "phone", "email", "id_card", "bank_card"]
PERSONAL_KINDS: frozenset[SpanKind] = frozenset({"phone", "email", "id_card", "bank_card"})


class Span(msgspec.Struct, frozen=True):
    """`text` is `original[start:end]`; `normal` is the value: half-width, upper case, no separators."""

    kind: SpanKind
    start: int
    end: int
    text: str
    normal: str
