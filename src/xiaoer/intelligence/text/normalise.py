"""One spelling for what shoppers type in many: width, case, script, repetition, punctuation, emoji."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Protocol

import msgspec


class NormalText(msgspec.Struct, frozen=True):
    """`text` is for machines to compare; `original` is what was written, and what spans point into."""

    original: str
    text: str
    has_emoji: bool = False
    has_cjk: bool = False


class _Converter(Protocol):
    def convert(self, text: str, /) -> str: ...


_CJK = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_EMOJI = re.compile(
    "[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\u2300-\u23ff\u25a0-\u25ff\u20e3\ufe00-\ufe0f\U000e0020-\U000e007f]+"
)
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+")
_REPEATED_MARK = re.compile(r"([!?.,~;:\-_=*#])(?:\s*\1)+")
_REPEATED = re.compile(r"([^\d\s])\1{2,}")
_SPACE = re.compile(r"\s+")
_FOLD = str.maketrans(
    {
        "。": ".", "、": ",", "，": ",", "！": "!", "？": "?", "；": ";", "：": ":", "…": ".", "⋯": ".",
        "“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "「": '"', "」": '"', "『": '"', "』": '"',
        "《": '"', "》": '"', "〈": '"', "〉": '"', "‘": "'", "’": "'", "´": "'", "`": "'",
        "【": "[", "】": "]", "〔": "[", "〕": "]", "—": "-", "–": "-", "―": "-", "−": "-",
        "·": " ", "•": " ",
        "～": "~", "〜": "~",
    }
)  # fmt: skip


@cache
def _simplifier() -> _Converter:
    from opencc import OpenCC

    converter: _Converter = OpenCC("t2s")
    return converter


def normalise(text: str) -> NormalText:
    """The comparable form of a text; idempotent on its own output, never longer in meaning, never raises."""
    if text.isascii():
        return NormalText(text, _squeeze(_CONTROL.sub("", text).lower()))
    plain = unicodedata.normalize("NFKC", _CONTROL.sub("", text)).lower()
    without = _EMOJI.sub(" ", plain)
    has_cjk = _CJK.search(without) is not None
    if has_cjk:
        without = _simplifier().convert(without)
    return NormalText(text, _squeeze(without.translate(_FOLD)), without != plain, has_cjk)


def _squeeze(text: str) -> str:
    """哈哈哈哈 → 哈哈, soooo → soo, !!!! → !; digits stay, since an order number may repeat one."""
    squeezed = _REPEATED.sub(r"\1\1", text)
    return _SPACE.sub(" ", _REPEATED_MARK.sub(r"\1", squeezed)).strip()
