"""Texts by key and locale: one JSON catalogue per locale, `{name}` filled from parameters. Error code = key."""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.resources import files
from typing import Any

from xiaoer.kit.errors import XiaoerError

SOURCE_LOCALE = "zh-CN"
_SLOT = re.compile(r"\{(\w+)\}")


@cache
def load_catalogue(locale: str) -> dict[str, str]:
    """All texts of a locale; an unknown locale reads like the source locale."""
    path = files("xiaoer.kit") / "locales" / f"{locale}.json"
    if not path.is_file():
        return load_catalogue(SOURCE_LOCALE)
    texts: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return texts


def fill(template: str, params: dict[str, Any]) -> str:
    """A template with its slots filled; a slot without a value stays visible, so that it is noticed."""
    return _SLOT.sub(lambda slot: str(params[slot[1]]) if slot[1] in params else slot[0], template)


def translate(key: str, locale: str, **params: Any) -> str:
    """The text of a key, in the source locale if the wanted one lacks it, else the key itself."""
    text = load_catalogue(locale).get(key) or load_catalogue(SOURCE_LOCALE).get(key) or key
    return fill(text, params)


def error_text(error: XiaoerError, locale: str) -> str:
    """What a person is told about an expected error."""
    return translate(error.code, locale, **error.params)
