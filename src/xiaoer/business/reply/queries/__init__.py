"""What a widget shows before anybody has spoken."""

from __future__ import annotations

import msgspec

from xiaoer.business.knowledge.queries.library import Library
from xiaoer.business.reply import rules
from xiaoer.business.shop.rules import LOCALES, is_open, pick_locale
from xiaoer.business.shop.types import Shop
from xiaoer.data.backend import Backend

HOT_LIMIT = 6


class HotQuestion(msgspec.Struct, frozen=True):
    id: str
    question: str


class WidgetConfig(msgspec.Struct, frozen=True):
    shop_name: str
    bot_name: str
    locale: str
    locales: list[str]
    greeting: str
    colour: str
    hot_questions: list[HotQuestion]
    privacy_url: str
    is_open: bool
    service_hours: str
    ask_before_chat: list[str]


async def get_widget_config(backend: Backend, library: Library, shop: Shop, wanted: str | None) -> WidgetConfig:
    """Name, greeting and hot questions in the language that the page or the browser asks for."""
    locale = pick_locale(wanted, shop.locale)
    shelf = await library.get_shelf(backend, shop.shop_id)
    hot = sorted((one for one in shelf.entries.values() if one.hot), key=lambda one: (one.hot or 0, one.entry_id))
    asked = [HotQuestion(one.entry_id, one.content[locale].question) for one in hot if locale in one.content]
    pack = library.models.pack
    greeting = shop.settings.greeting or rules.fill_phrase(
        pack.phrases[locale]["greeting.hello"], 0, shop_name=shop.name
    )
    hours = pack.variables.get("service_hours")
    own_hours = shop.settings.variables.get("service_hours", {}).get(locale)
    return WidgetConfig(
        shop_name=shop.name, bot_name=shop.settings.bot_name, locale=locale, locales=list(LOCALES), greeting=greeting,
        colour=shop.settings.colour, hot_questions=asked[:HOT_LIMIT], privacy_url=shop.settings.privacy_url,
        is_open=is_open(shop.settings.hours, shop.timezone, backend.clock.now()),
        service_hours=own_hours or (hours.value.get(locale, "") if hours else ""),
        ask_before_chat=list(shop.settings.ask_before_chat),
    )  # fmt: skip
