"""Personal data a shopper types: phone numbers, mail addresses, identity and bank cards.

Precision first: a digit run inside an order or tracking number is never taken, and cards need their
check digit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from xiaoer.intelligence.entities.digits import fold_width, is_id_card, is_luhn, only_digits
from xiaoer.intelligence.entities.orders import find_numbers
from xiaoer.intelligence.entities.types import Span, SpanKind

_EDGE = r"(?<![A-Za-z0-9])(?<!\d[-. ])"
_END = r"(?![0-9])(?![-. ]\d)"
_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9_%+-]+(?:\.[A-Za-z0-9_%+-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,24}(?![A-Za-z0-9])"
)
_ID_CARD = re.compile(r"(?<![A-Za-z0-9])[1-8]\d{5}[- ]?(?:18|19|20)\d{6}[- ]?\d{3}[0-9Xx](?![A-Za-z0-9])")
_BANK_CARD = re.compile(
    r"(?<![A-Za-z0-9])(?<!\d[- ])[2-9]\d{3}(?:[- ]?\d{4}){2,3}(?:[- ]?\d{1,4})?(?![A-Za-z0-9])(?![- ]\d)"
)
# "tel138…" and "138…abc" are phone numbers, "JD138…" and "A138…" are codes.
_BEFORE_MOBILE = r"(?:(?<![A-Za-z0-9+])|(?<=tel)|(?<=phone)|(?<=mobile)|(?<=call)|(?<=wx)|(?<=vx))(?<!\d[-. ])"
_CN_MOBILE = re.compile(
    rf"{_BEFORE_MOBILE}(?:\(?\+?(?:0086|86)\)?[- ]?)?1[3-9]\d"
    rf"(?:[-. ]?\d{{4}}[-. ]?\d{{4}}|[-. ]\d{{3}}[-. ]\d{{5}}){_END}",
    re.IGNORECASE,
)
_CN_LANDLINE = re.compile(rf"{_EDGE}\(?0(?:10|2\d|[3-9]\d{{2}})(?:\)[- ]?|-)[2-8]\d{{6,7}}{_END}")
_FOREIGN = re.compile(rf"(?<![A-Za-z0-9])\+(?!86)[1-9]\d{{0,2}}(?:[-. ]?\(?\d{{1,4}}\)?){{2,5}}{_END}")
_NUMBERED = re.compile(r"(?:订单|訂單|单号|單號|编号|快递|运单|物流|order|tracking)[^0-9，。,.]{0,6}$", re.IGNORECASE)


def find_personal(text: str, taken: list[Span] | None = None) -> list[Span]:
    """Spans to seal, in order, never overlapping; `taken` are order and tracking numbers found before."""
    found: list[Span] = []
    busy = list(find_numbers(text) if taken is None else taken)
    for span in _candidates(text, fold_width(text)):
        if all(span.end <= other.start or span.start >= other.end for other in busy):
            busy.append(span)
            found.append(span)
    return sorted(found, key=lambda span: span.start)


def _candidates(text: str, folded: str) -> Iterator[Span]:
    """Most certain kinds first: a later one never takes what an earlier one took."""
    if "@" in folded:
        yield from (_span("email", text, m, m[0].lower()) for m in _EMAIL.finditer(folded))
    if sum(char.isdigit() for char in folded) < 7:
        return
    for match in _ID_CARD.finditer(folded):
        value = re.sub(r"[- ]", "", match[0]).upper()
        if is_id_card(value):
            yield _span("id_card", text, match, value)
    yield from _phones(text, folded)
    for match in _BANK_CARD.finditer(folded):
        value = only_digits(match[0])
        if 13 <= len(value) <= 19 and is_luhn(value) and not _NUMBERED.search(folded[: match.start()]):
            yield _span("bank_card", text, match, value)


def _phones(text: str, folded: str) -> Iterator[Span]:
    for match in _CN_MOBILE.finditer(folded):
        yield _span("phone", text, match, only_digits(match[0])[-11:])
    for match in _CN_LANDLINE.finditer(folded):
        yield _span("phone", text, match, only_digits(match[0]))
    for match in _FOREIGN.finditer(folded):
        digits = only_digits(match[0])
        if 8 <= len(digits) <= 15:
            yield _span("phone", text, match, "+" + digits)


def _span(kind: SpanKind, text: str, match: re.Match[str], normal: str) -> Span:
    return Span(kind, match.start(), match.end(), text[match.start() : match.end()], normal)
