"""Order numbers and couriers' tracking numbers."""

from __future__ import annotations

import re

from xiaoer.intelligence.entities.digits import fold_width
from xiaoer.intelligence.entities.types import Span, SpanKind

_EDGE, _END = r"(?<![A-Za-z0-9])", r"(?![A-Za-z0-9])"
_OWN_ORDER = re.compile(rf"{_EDGE}QH\s?-?(\d{{14}}){_END}", re.IGNORECASE)
_NAMED_ORDER = re.compile(
    r"(?:订单编号|订单号码|订单号|订单|訂單編號|訂單號|訂單|单号|單號|order(?:\s*(?:number|no\.?|id|#))?)"
    r"\s*(?:是|为|為|is)?\s*[:：#]?\s*([A-Za-z]?\d{12,20})" + _END,
    re.IGNORECASE,
)
_TRACKING_WORD = re.compile(r"(?:快递|快遞|物流|运单|運單|tracking|waybill)\s*$", re.IGNORECASE)
_TRACKING = re.compile(
    rf"{_EDGE}(?:SF\s?\d{{12,13}}|YT\s?\d{{13,15}}|(?:ZTO\s?)?7[358]\d{{10,12}}|JD[A-Z]{{0,3}}\d{{10,15}}(?:-\d+-\d+-?)?"
    rf"|JT\d{{13}}|STO\d{{12}}|EMS\d{{13}}|E[A-Z]\d{{9}}CN){_END}",
    re.IGNORECASE,
)
_NAMED_TRACKING = re.compile(
    r"(?:快递|快遞|物流|运单|運單|tracking|waybill)\s*(?:编号|號碼|号码|单号|單號|号|號|number|no\.?)?"
    r"\s*(?:是|为|為|is)?\s*[:：#]?\s*([A-Za-z]{0,4}\d{10,20})" + _END,
    re.IGNORECASE,
)


def find_numbers(text: str) -> list[Span]:
    """Order and tracking numbers in order of appearance, never overlapping; offsets are the text's own."""
    folded = fold_width(text)
    if not any(char.isdigit() for char in folded):
        return []
    found: list[Span] = []
    for match in _OWN_ORDER.finditer(folded):
        _take(found, "order_number", text, match.start(), match.end(), "QH" + match[1])
    for match in _NAMED_TRACKING.finditer(folded):
        _take(found, "tracking_number", text, match.start(1), match.end(1), match[1].upper())
    for match in _NAMED_ORDER.finditer(folded):
        if not _TRACKING_WORD.search(folded, 0, match.start()):
            _take(found, _named_kind(match[1]), text, match.start(1), match.end(1), match[1].upper())
    for match in _TRACKING.finditer(folded):
        normal = re.sub(r"\s", "", match[0]).upper().removeprefix("ZTO")
        _take(found, "tracking_number", text, match.start(), match.end(), normal)
    return sorted(found, key=lambda span: span.start)


def _named_kind(value: str) -> SpanKind:
    return "tracking_number" if value[0].isalpha() and _TRACKING.fullmatch(value) else "order_number"


def _take(found: list[Span], kind: SpanKind, text: str, start: int, end: int, normal: str) -> None:
    if all(end <= other.start or start >= other.end for other in found):
        found.append(Span(kind, start, end, text[start:end], normal))
