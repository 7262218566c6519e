"""Taking a turn: read what is owed, compose, write under the lease; retake it if the shopper wrote meanwhile."""

from __future__ import annotations

from typing import Any

import msgspec

from xiaoer.business.conversation.rules import estimate_wait_minutes, plain_preview
from xiaoer.business.conversation.types import Turn
from xiaoer.business.knowledge.queries.library import Library, Shelf
from xiaoer.business.order.ports import ShopPlatform
from xiaoer.business.reply import rules
from xiaoer.business.reply.types import Dialogue, Reply
from xiaoer.business.shop.rules import is_open
from xiaoer.data.backend import Backend
from xiaoer.data.rows.conversation import Changes, Guard, NewEvent, OwedRow
from xiaoer.data.stores import conversation as conversations
from xiaoer.data.stores import identity as identity_store
from xiaoer.data.stores import timeline
from xiaoer.kit.errors import XiaoerError
from xiaoer.kit.logging import Log

from .compose import compose
from .speech import Speech

log = Log("xiaoer.reply")

RETAKES = 2
TURNS_IN_A_ROW = 20


async def take_turn(backend: Backend, library: Library, platform: ShopPlatform, turn: Turn) -> None:
    """Answer all that is owed in a conversation; returns when nothing is, or when the lease is another's.

    A message that arrives while a reply is made sends the turn back, at most twice; then the reply is written and
    the next turn answers the rest. A fault in composing ends in a hand-over, never in silence.
    """
    retaken = 0
    for _ in range(TURNS_IN_A_ROW):
        owed = await conversations.find_owed(backend.db, turn.shop_id, turn.conversation_id)
        if owed is None or owed.conversation.lease_epoch != turn.lease_epoch or not owed.pending:
            return
        row = owed.conversation
        shelf = await library.get_shelf(backend, row.shop_id)
        speaker = _Speaker(backend, library, platform, shelf, owed)
        reply = await speaker.compose()
        events, changes = await speaker.write_down(reply)
        guard = Guard(
            state="open", handlers=("bot",), lease_epoch=turn.lease_epoch,
            due_at_most=row.due_seq if retaken < RETAKES else None,
        )  # fmt: skip
        after = await timeline.append(backend.db, row.shop_id, row.conversation_id, events, changes, guard)
        if after is None:
            retaken += 1
            continue
        backend.announce(row.shop_id, row.conversation_id)
        if after.handler != "bot" or after.due_seq <= after.answered_seq:
            return
        retaken = 0


class _Speaker:
    """One attempt at one turn."""

    def __init__(self, backend: Backend, library: Library, platform: ShopPlatform, shelf: Shelf, owed: OwedRow) -> None:
        self.backend = backend
        self.library = library
        self.platform = platform
        self.shelf = shelf
        self.owed = owed
        self.row = owed.conversation
        self.bot_name = shelf.shop.settings.bot_name

    async def compose(self) -> Reply:
        """What to say to everything that is owed, in order."""
        reply = Reply([], msgspec.convert(self.row.dialogue, Dialogue))
        for data in self.owed.pending:
            one = await self._compose_one(data, reply.dialogue)
            reply = Reply([*reply.contents, *one.contents], one.dialogue, one.handover)
            if one.handover:
                break
        return reply

    async def _compose_one(self, data: dict[str, Any], dialogue: Dialogue) -> Reply:
        speech = self._speech(dialogue)
        try:
            return await compose(speech, self.platform, dialogue, data)
        except XiaoerError:
            raise
        except Exception as error:
            # The door of the bot's turn: whatever broke in understanding, a person takes over.
            log.error("turn_failed", cause=error, conversation_id=str(self.row.conversation_id))
            return Reply([], dialogue, handover="bot_failed")

    def _speech(self, dialogue: Dialogue) -> Speech:
        return Speech(
            models=self.library.models, shelf=self.shelf, locale=self.owed.customer_locale,
            turn=dialogue.said + self.row.conversation_id.int % 7, now=self.backend.clock.now(),
            context=self.row.context, customer_id=self.row.customer_id,
            external_id=self.owed.external_id,
        )  # fmt: skip

    async def write_down(self, reply: Reply) -> tuple[list[NewEvent], Changes]:
        """The reply as events and changes; a hand-over adds the queue, the notice and the summary."""
        row, dialogue = self.row, reply.dialogue
        contents = list(reply.contents)
        if reply.handover:
            contents.append({"type": "text", "text": await self._handover_words(reply)})
        events = [self._message(content) for content in contents]
        last = contents[-1] if contents else None
        changes = Changes(
            answered_seq=row.due_seq, dialogue=msgspec.to_builtins(dialogue),
            last_text=plain_preview(last) if last else None, last_actor="bot" if last else None,
        )  # fmt: skip
        if not reply.handover:
            return events, changes
        summary = rules.summarise(reply.handover, dialogue.questions, dialogue.intents, dialogue.number, row.context)
        events.append(NewEvent("handover_requested", "bot", {"reason": reply.handover}, actor_name=self.bot_name))
        events.append(NewEvent("summarised", "bot", summary, is_public=False, actor_name=self.bot_name))
        return events, msgspec.structs.replace(changes, handler="queue", summary=summary)

    def _message(self, content: dict[str, Any]) -> NewEvent:
        return NewEvent("message", "bot", content, actor_name=self.bot_name)

    async def _handover_words(self, reply: Reply) -> str:
        shop, backend = self.shelf.shop, self.backend
        speech = self._speech(reply.dialogue)
        if not is_open(shop.settings.hours, shop.timezone, backend.clock.now()):
            hours = speech.variables().get("service_hours", "")
            return speech.phrase("handover.queued_off_hours", service_hours=hours)
        if not await identity_store.count_online(backend.db, shop.shop_id):
            return speech.phrase("handover.no_agents")
        position = len(await conversations.list_queue(backend.db, shop.shop_id)) + 1
        taken, span = await conversations.measure_take_overs(backend.db, shop.shop_id)
        wait = estimate_wait_minutes(position, taken, span)
        if wait is None:
            return speech.phrase("handover.queued_unknown", position=position)
        return speech.phrase("handover.queued", position=position, wait_minutes=wait)
