"""Every span of a message in one pass."""

from __future__ import annotations

from xiaoer.intelligence.entities.orders import find_numbers
from xiaoer.intelligence.entities.personal import find_personal
from xiaoer.intelligence.entities.types import Span


def find_spans(text: str) -> list[Span]:
    """All kinds of spans in order of appearance, never overlapping; offsets are those of `text`."""
    if not any(char.isdigit() for char in text) and "@" not in text and "＠" not in text:
        return []
    numbers = find_numbers(text)
    return sorted(numbers + find_personal(text, numbers), key=lambda span: span.start)
