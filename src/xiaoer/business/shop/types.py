"""A shop as its staff and its widget see it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import msgspec

Hours = dict[str, list[tuple[str, str]]]


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=False):
    """What a merchant sets. `hours` maps mon..sun to [["09:00","22:00"], …] in the shop's zone.

    `allowed_origins` are exact origins that may embed the widget; empty allows any (the token grants access,
    not the origin). `variables` override the pack's: {name: {locale: value}}.
    """

    bot_name: str = "小二"
    greeting: str = ""
    colour: str = "#0f766e"
    hours: Hours = {}
    allowed_origins: list[str] = []
    ask_before_chat: list[str] = []
    variables: dict[str, dict[str, str]] = {}
    privacy_url: str = ""


class Shop(msgspec.Struct, frozen=True):
    """A shop with its settings read; the identity secret stays sealed in the row."""

    shop_id: UUID
    slug: str
    name: str
    locale: str
    timezone: str
    currency: str
    widget_key: str
    settings: Settings
    knowledge_stamp: int
    is_demo: bool


class ShopView(msgspec.Struct, frozen=True):
    shop_id: UUID
    name: str
    locale: str
    timezone: str
    currency: str
    widget_key: str
    is_demo: bool
    settings: dict[str, Any]
