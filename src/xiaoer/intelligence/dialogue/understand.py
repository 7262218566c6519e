"""One message in, everything found in it and the commands to follow out. Pure, thread-safe, about 0.3 ms."""

from __future__ import annotations

from xiaoer.intelligence.dialogue.lexicon import find_risk, is_angry
from xiaoer.intelligence.dialogue.rules import Findings, decide_commands
from xiaoer.intelligence.dialogue.types import Context, Understanding
from xiaoer.intelligence.entities.find import find_spans
from xiaoer.intelligence.intent.types import NO_INTENT
from xiaoer.intelligence.packs.runtime import Models
from xiaoer.intelligence.retrieval.types import Hit
from xiaoer.intelligence.text.language import guess_language
from xiaoer.intelligence.text.ngrams import ngrams
from xiaoer.intelligence.text.normalise import normalise
from xiaoer.intelligence.text.openers import strip_openers

LONGEST = 2_000
"""Characters that are looked at; the rest of a longer message adds cost and no meaning."""
NOTHING = Context()


def understand(text: str, models: Models, context: Context = NOTHING) -> Understanding:
    """Understands a message as written; never raises on any text. Spans are offsets into `text`."""
    seen = text[:LONGEST]
    normal = normalise(seen).text
    spans = tuple(find_spans(seen))
    point = strip_openers(normal)
    grams = ngrams(point)
    intents, hits = NO_INTENT, list[Hit]()
    if len(grams.hashes):
        probabilities = models.intents.probabilities(grams)
        intents = models.intents.result(probabilities)
        hits = models.knowledge.find(grams, probabilities)
    findings = Findings(point, intents, spans, tuple(hits), models.knowledge.decide(hits), context)
    rule, commands = decide_commands(findings)
    return Understanding(
        language=guess_language(seen, context.language),
        normal=normal,
        intents=intents,
        spans=spans,
        hits=findings.hits,
        is_angry=is_angry(normal) or (intents.best.intent == "other.abuse" and intents.is_confident),
        risk=find_risk(normal),
        commands=commands,
        rule=rule,
    )
