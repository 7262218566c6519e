"""The table that turns findings into commands. The first row that applies decides; its name is kept.

Read it from top to bottom: a slot that was asked for, a person asked for, the set phrase of small
talk, the shopper's own orders, the same question as a phrasing's, small talk, knowledge, nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from xiaoer.intelligence.dialogue.lexicon import (
    asks_for_human,
    is_about_own,
    is_about_service_desk,
    is_how_to,
)
from xiaoer.intelligence.dialogue.orders import asks_own_state, is_trouble_or_rule
from xiaoer.intelligence.dialogue.smalltalk import find_small_talk
from xiaoer.intelligence.dialogue.types import (
    Answer,
    Chitchat,
    Clarify,
    Command,
    Context,
    HandOver,
    HandOverReason,
    Option,
    SetSlot,
    StartFlow,
    Unknown,
)
from xiaoer.intelligence.entities.types import Span
from xiaoer.intelligence.intent.types import IntentResult
from xiaoer.intelligence.retrieval.gate import OPTIONS, RELEVANT, relevance
from xiaoer.intelligence.retrieval.types import AnswerWith, ClarifyAmong, Decision, Hit

SITUATION_OF: dict[str, str] = {
    "greeting.hello": "greeting.hello",
    "greeting.are_you_there": "greeting.again",
    "thanks.thanks": "smalltalk.thanks",
    "thanks.praise": "smalltalk.praise",
    "goodbye.bye": "smalltalk.goodbye",
    "goodbye.no_more_questions": "smalltalk.goodbye",
    "other.are_you_bot": "smalltalk.bot_identity",
    "other.bot_profile": "smalltalk.capabilities",
    "other.chitchat": "smalltalk.chitchat",
    "other.acknowledge": "smalltalk.acknowledge",
    "other.unclear": "smalltalk.unclear",
    "other.abuse": "smalltalk.abuse",
}
REASON_OF: dict[str, HandOverReason] = {
    "transfer_human.request": "asked",
    "transfer_human.refuse_bot": "refuses_bot",
    "transfer_human.supervisor": "supervisor",
}
FLOW_OF: dict[str, str] = {
    "order_status.check_order": "order_status",
    "order_status.is_confirmed": "order_status",
    "logistics_query.where_is_parcel": "logistics",
    "logistics_query.not_moving": "logistics",
}
FLOW_OF_LABEL: dict[str, str] = {"order_status": "order_status", "logistics_query": "logistics"}
FLOW_OF_LABEL_WITH_NUMBER: dict[str, str] = {**FLOW_OF_LABEL, "urge_shipping": "order_status"}
NOT_A_SUBJECT = ("other", "greeting", "thanks", "goodbye", "transfer_human")
SLOT_KINDS = ("order_number", "tracking_number")
NEAR_EXACT = 0.7
"""`close` of the best hit from which on text and phrasing say the same."""
AGREES = 0.4
"""`agreement` from which on an entry is on the text's subject."""
SURE = 0.6
LIKELY = 0.4
_WHERE = re.compile(r"where is|where's|track")
_CHOICE = re.compile(r"^(?:第|选|选择|option )?\s*([123一二三])\s*(?:个|项|种|条)?\.?$")
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Findings:
    """All that the table may look at. `text` is normalised."""

    text: str
    intents: IntentResult
    spans: tuple[Span, ...]
    hits: tuple[Hit, ...]
    decision: Decision
    context: Context

    @property
    def best(self) -> str:
        return self.intents.best.intent

    @property
    def slots(self) -> tuple[SetSlot, ...]:
        return tuple(SetSlot(span.kind, span.normal) for span in self.spans if span.kind in SLOT_KINDS)

    @property
    def is_near_exact(self) -> bool:
        return bool(self.hits) and self.hits[0].features.close >= NEAR_EXACT

    @property
    def is_answer(self) -> bool:
        return isinstance(self.decision, AnswerWith)


Rule = Callable[[Findings], tuple[Command, ...]]
"""Commands, or none where the row does not apply."""


def decide_commands(findings: Findings) -> tuple[str, tuple[Command, ...]]:
    """The name of the first row that applies and its commands, never empty."""
    for name, rule in TABLE:
        commands = rule(findings)
        if commands:
            return name, commands
    return "unknown", (Unknown(),)


def _choice(f: Findings) -> tuple[Command, ...]:
    match = _CHOICE.match(f.text) if f.context.options else None
    if match is None:
        return ()
    place = "123一二三".index(match[1]) % 3
    return (Answer(f.context.options[place], 1.0),) if place < len(f.context.options) else ()


def _slot_asked_for(f: Findings) -> tuple[Command, ...]:
    wanted = tuple(slot for slot in f.slots if slot.name == f.context.expecting)
    if wanted or f.context.expecting not in SLOT_KINDS:
        return wanted
    bare = re.sub(r"[\s-]", "", f.text).upper()
    return (SetSlot(f.context.expecting, bare),) if re.fullmatch(r"[A-Z]{0,4}\d{8,20}", bare) else ()


def _human(f: Findings) -> tuple[Command, ...]:
    if asks_for_human(f.text):
        return (HandOver(REASON_OF.get(f.best, "asked")),)
    return ()


def _number_alone(f: Findings) -> tuple[Command, ...]:
    if not f.slots or len(f.text) - sum(len(span.text) for span in f.spans) > _SHORT:
        return ()
    flow = "order_status" if f.slots[0].name == "order_number" else "logistics"
    return (StartFlow(flow), *f.slots)


def _named_order(f: Findings) -> tuple[Command, ...]:
    """An order or parcel is named and its state is asked for: look it up, whatever fits besides."""
    flow = FLOW_OF_LABEL_WITH_NUMBER.get(f.intents.label)
    return (StartFlow(flow), *f.slots) if f.slots and flow and f.intents.label_probability >= LIKELY else ()


def _own_state(f: Findings) -> tuple[Command, ...]:
    """The words alone say it: "发了没", "我的包裹到哪了"."""
    flow = asks_own_state(f.text)
    return (StartFlow(flow), *f.slots) if flow else ()


def _set_phrase(f: Findings) -> tuple[Command, ...]:
    situation = None if f.slots else find_small_talk(f.text)
    return (Chitchat(situation),) if situation else ()


def _own_order(f: Findings) -> tuple[Command, ...]:
    """An intent that a flow serves, about an order of one's own; how-to questions are knowledge's."""
    flow = FLOW_OF.get(f.best) if f.intents.probability >= LIKELY else None
    if f.intents.label in FLOW_OF_LABEL and _WHERE.search(f.text):
        flow = "logistics"
    if flow is None or is_how_to(f.text) or is_trouble_or_rule(f.text):
        return ()
    return (StartFlow(flow), *f.slots) if is_about_own(f.text) or not f.is_answer else ()


def _same_question(f: Findings) -> tuple[Command, ...]:
    return _knowledge(f) if f.is_near_exact and f.is_answer else ()


def _transfer_intent(f: Findings) -> tuple[Command, ...]:
    reason = REASON_OF.get(f.best)
    sure = f.intents.label_probability >= SURE
    if reason is None or not sure or (f.is_answer and is_about_service_desk(f.text)):
        return ()
    return (HandOver(reason),)


def _small_talk(f: Findings) -> tuple[Command, ...]:
    situation = SITUATION_OF.get(f.best)
    if situation is None or f.slots:
        return ()
    sure = f.intents.is_confident or f.intents.probability >= SURE
    return (Chitchat(situation),) if sure or (f.intents.probability >= LIKELY and not f.is_answer) else ()


def _own_subject(f: Findings) -> tuple[Command, ...]:
    """A flow's subject, about an order of one's own, and no answer that fits."""
    flow = FLOW_OF_LABEL.get(f.intents.label)
    if flow is None or f.is_answer or f.intents.label_probability < LIKELY:
        return ()
    return (
        (StartFlow(flow), *f.slots)
        if is_about_own(f.text) and not is_how_to(f.text) and not is_trouble_or_rule(f.text)
        else ()
    )


def _off_topic(f: Findings) -> tuple[Command, ...]:
    """The likelier off topic, the better the best hit must be."""
    if f.is_answer or (f.hits and relevance(f.hits[0].features, f.intents.off_topic) >= RELEVANT):
        return ()
    return (Unknown(),)


def _knowledge(f: Findings) -> tuple[Command, ...]:
    match f.decision:
        case AnswerWith(hit):
            return (Answer(hit.entry_id, hit.probability),)
        case ClarifyAmong(options) if len(options) > 1:
            return (Clarify(tuple(Option(hit.entry_id, hit.probability) for hit in options)),)
    return ()


def _subject(f: Findings) -> tuple[Command, ...]:
    """No entry stands out, yet the subject is clear: offer what the knowledge has on it."""
    if f.intents.label in NOT_A_SUBJECT or f.intents.label_probability < SURE:
        return ()
    options = [hit for hit in f.hits if hit.features.agreement >= AGREES][:OPTIONS]
    return (Clarify(tuple(Option(hit.entry_id, hit.probability) for hit in options)),) if len(options) > 1 else ()


TABLE: tuple[tuple[str, Rule], ...] = (
    ("choice of an option", _choice),
    ("slot that was asked for", _slot_asked_for),
    ("asks for a person", _human),
    ("a number alone", _number_alone),
    ("order named", _named_order),
    ("set phrase", _set_phrase),
    ("own order asked for", _own_state),
    ("own order or parcel", _own_order),
    ("same question as a phrasing", _same_question),
    ("intent: hand over", _transfer_intent),
    ("small talk", _small_talk),
    ("own order, no answer", _own_subject),
    ("off topic", _off_topic),
    ("knowledge", _knowledge),
    ("subject", _subject),
)
