"""From one message of the shopper to a reply: understand it, then do what each command says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from xiaoer.business.conversation.rules import plain_preview
from xiaoer.business.order.ports import ShopPlatform
from xiaoer.business.reply import rules
from xiaoer.business.reply.types import Dialogue, Reply
from xiaoer.intelligence.dialogue.types import Answer, Chitchat, Clarify, Command, Context, HandOver, SetSlot, StartFlow

from . import orders
from .speech import ANSWER_PREFIX, NONE_OF_THEM, Speech


async def compose(speech: Speech, platform: ShopPlatform, dialogue: Dialogue, data: dict[str, Any]) -> Reply:
    """The reply to one message content."""
    told = msgspec.structs.replace(dialogue, said=dialogue.said + 1)
    match data.get("type"):
        case "press":
            return await _press(speech, platform, told, str(data["id"]))
        case "image":
            return Reply([speech.text(speech.phrase("picture.received"))], told)
        case "file":
            return Reply([speech.text(speech.phrase("file.received"))], told)
        case "product":
            product = data["product"]
            words = speech.phrase("product.asking", title=product["title"])
            return Reply([speech.text(words)], msgspec.structs.replace(told, product_id=product["product_id"]))
        case "order":
            flow = told.wants or orders.ORDER_STATUS
            contents, after = await orders.show(speech, platform, told, flow, data["order"]["number"])
            return Reply(contents, after)
        case _:
            return await _text(speech, platform, told, str(data.get("text", "")))


async def _press(speech: Speech, platform: ShopPlatform, dialogue: Dialogue, pressed: str) -> Reply:
    if pressed == NONE_OF_THEM:
        return _miss(speech, dialogue)
    if pressed.startswith(ANSWER_PREFIX):
        entry = speech.shelf.entries.get(pressed.removeprefix(ANSWER_PREFIX))
        if entry is None:
            return _miss(speech, dialogue)
        return Reply([speech.answer(entry)], msgspec.structs.replace(dialogue, misses=0))
    contents, after = await orders.show(speech, platform, dialogue, dialogue.wants or orders.ORDER_STATUS, pressed)
    return Reply(contents, msgspec.structs.replace(after, misses=0))


def _miss(speech: Speech, dialogue: Dialogue) -> Reply:
    """Not known: said honestly once, a person the second time in a row."""
    after = msgspec.structs.replace(dialogue, misses=dialogue.misses + 1)
    if after.misses >= rules.MISSES_BEFORE_HANDOVER:
        return Reply([speech.text(speech.phrase("unknown.handover"))], after, handover="not_understood")
    return Reply([speech.text(speech.phrase("unknown.first"))], after)


async def _text(speech: Speech, platform: ShopPlatform, dialogue: Dialogue, text: str) -> Reply:
    context = Context(language=speech.locale, options=tuple(dialogue.options), flow=dialogue.wants)
    meaning = speech.shelf.understand(speech.models, text, context)
    speech = msgspec.structs.replace(speech, locale=meaning.language)
    dialogue = msgspec.structs.replace(
        dialogue,
        questions=rules.remember(dialogue.questions, [plain_preview({"text": text})]),
        intents=rules.remember(dialogue.intents, [meaning.intents.best.intent] if meaning.intents.is_confident else []),
        angry=dialogue.angry + 1 if meaning.is_angry else 0,
        options=[],
    )
    if meaning.risk or dialogue.angry >= rules.ANGRY_BEFORE_HANDOVER:
        soothing = speech.text(speech.phrase("soothe.angry"))
        return Reply([soothing], dialogue, handover=f"risk_{meaning.risk}" if meaning.risk else "angry")
    reply = await _obey(speech, platform, dialogue, meaning.commands)
    if meaning.is_angry and not reply.handover:
        soothing = speech.text(speech.phrase("soothe.angry"))
        return msgspec.structs.replace(reply, contents=[soothing, *reply.contents])
    return reply


async def _obey(speech: Speech, platform: ShopPlatform, dialogue: Dialogue, commands: Sequence[Command]) -> Reply:
    """Do the commands in order; the first that says something is the reply."""
    slots = {one.name: one.value for one in commands if isinstance(one, SetSlot)}
    number = slots.get("order_number")
    hit = msgspec.structs.replace(dialogue, misses=0)
    for command in commands:
        match command:
            case HandOver():
                return Reply([], hit, handover=command.reason)
            case StartFlow():
                contents, after = await orders.start(speech, platform, hit, command.flow, number)
                return Reply(contents, after)
            case Answer() if command.entry_id in speech.shelf.entries:
                return Reply([speech.answer(speech.shelf.entries[command.entry_id])], hit)
            case Clarify():
                offered = [one.entry_id for one in command.options]
                return Reply([speech.choice(offered)], msgspec.structs.replace(hit, options=offered))
            case Chitchat():
                return _chat(speech, hit, command.situation)
    if number is not None:
        contents, after = await orders.start(speech, platform, hit, dialogue.wants or orders.ORDER_STATUS, number)
        return Reply(contents, after)
    return _miss(speech, dialogue)


def _chat(speech: Speech, dialogue: Dialogue, situation: str) -> Reply:
    if situation == "greeting.hello" and dialogue.greeted:
        situation = "greeting.again"
    words = speech.phrase(situation, **({"shop_name": speech.shelf.shop.name} if situation == "greeting.hello" else {}))
    return Reply([speech.text(words)], msgspec.structs.replace(dialogue, greeted=True))
