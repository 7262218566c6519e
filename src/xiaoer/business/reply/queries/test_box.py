"""The console's test box: what the bot would make of a sentence, and why."""

from __future__ import annotations

import time

import msgspec

from xiaoer.business.conversation.rules import clean_text
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.business.knowledge.queries.library import Library, Shelf
from xiaoer.business.reply import rules
from xiaoer.business.shop.rules import pick_locale
from xiaoer.data.backend import Backend
from xiaoer.intelligence.dialogue.types import Answer, Chitchat, Clarify, Context, HandOver, StartFlow, Understanding
from xiaoer.intelligence.intent.types import IntentScore


class IntentView(msgspec.Struct, frozen=True):
    """`name` is the fine intent's, in the language of whoever asks."""

    id: str
    label: str
    name: str
    probability: float


class HitView(msgspec.Struct, frozen=True):
    """`matched` are the words that question and text share; `features` the evidence the gate weighed, 0 to 1."""

    entry_id: str
    question: str
    phrasing: str
    probability: float
    matched: list[str]
    features: dict[str, float]


class TestResult(msgspec.Struct, frozen=True):
    decision: str
    answer: str | None
    situation: str | None
    intent: IntentView
    hits: list[HitView]
    microseconds: int


async def try_text(backend: Backend, library: Library, staff: Staff, text: str, locale: str | None) -> TestResult:
    """Understand a sentence as the bot would, without a conversation."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_READ)
    words = clean_text(text, field="text")
    shelf = await library.get_shelf(backend, staff.shop_id)
    started = time.perf_counter_ns()
    meaning = shelf.understand(library.models, words, Context())
    spent = (time.perf_counter_ns() - started) // 1000
    chosen = pick_locale(locale or meaning.language, staff.locale)
    decision, answer, situation = _decision(meaning, shelf, library, chosen)
    best = meaning.intents.best
    return TestResult(
        decision=decision, answer=answer, situation=situation,
        intent=_intent(library, best, staff.locale),
        hits=_hits(shelf, words, chosen), microseconds=spent,
    )  # fmt: skip


def _intent(library: Library, best: IntentScore, locale: str) -> IntentView:
    names = next((one.name for one in library.models.pack.intents if one.id == best.intent), {})
    return IntentView(best.intent, best.label, names.get(locale) or best.intent, round(best.score, 4))


def _decision(
    meaning: Understanding, shelf: Shelf, library: Library, locale: str
) -> tuple[str, str | None, str | None]:
    for command in meaning.commands:
        match command:
            case HandOver():
                return "handover", None, command.reason
            case StartFlow():
                return "flow", None, command.flow
            case Answer() if command.entry_id in shelf.entries:
                words = shelf.entries[command.entry_id].pick(locale).answer
                values = {name: one.value.get(locale, "") for name, one in library.models.pack.variables.items()}
                own = {name: one.get(locale, "") for name, one in shelf.shop.settings.variables.items()}
                return "answer", rules.fill_variables(words, values | own | {"shop_name": shelf.shop.name}), None
            case Clarify():
                return "clarify", None, None
            case Chitchat():
                return "chitchat", None, command.situation
    return "unknown", None, None


def _hits(shelf: Shelf, text: str, locale: str) -> list[HitView]:
    return [
        HitView(
            entry_id=hit.entry_id,
            question=shelf.entries[hit.entry_id].pick(locale).question,
            phrasing=hit.phrasing,
            probability=round(hit.probability, 4),
            matched=list(hit.matched),
            features={name: round(value, 4) for name, value in msgspec.structs.asdict(hit.features).items()},
        )
        for hit in sorted(shelf.knowledge.explain(text), key=lambda hit: -hit.probability)
        if hit.entry_id in shelf.entries
    ]
