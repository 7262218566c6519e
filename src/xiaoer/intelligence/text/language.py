"""Which language to answer in, from the script alone; dialects are not told apart yet."""

from __future__ import annotations

import re

_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LATIN_WORD = re.compile(r"[a-zA-Z]{2,}")


def guess_language(text: str, default: str = "zh-CN") -> str:
    """`zh-CN` or `en`; `default` where the text has no letters (a number, an emoji).

    A Han character weighs as much as half a Latin word: "我要退iPhone 15 Pro Max" is Chinese.
    """
    han = len(_HAN.findall(text))
    words = len(_LATIN_WORD.findall(text))
    if han == 0 and words == 0:
        return default
    return "zh-CN" if han * 2 >= words else "en"
