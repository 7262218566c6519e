"""What the content of a pack must satisfy beyond its format; all problems in one list."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from xiaoer.intelligence.packs.types import Entry, FineIntent, Pack
from xiaoer.intelligence.text.normalise import normalise

LABELS = 22
INTENTS_AT_LEAST = 100
CHINESE_SENTENCES, ENGLISH_SENTENCES = 30, 10
JACCARD_AT_MOST = 0.6
ENTRIES_AT_LEAST, ENGLISH_ENTRIES_AT_LEAST = 300, 100
SIMILAR_AT_LEAST, SIMILAR_ENGLISH = 6, 4
HOT_AT_MOST = 10
_ID = re.compile(r"[a-z0-9_]+\.[a-z0-9_]+")
_VARIABLE = re.compile(r"\{\{\s*([^}]*?)\s*\}\}")
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SPACES = re.compile(r"[\W_]+")


def check_pack(pack: Pack) -> list[str]:
    """All problems of a pack's content, as "place: what is wrong"; empty where it is fit to ship."""
    return [
        *_check_intents(pack),
        *_check_sentences(pack),
        *_check_entries(pack),
        *_check_references(pack),
        *_check_phrases(pack),
    ]


def trigram_jaccard(left: str, right: str) -> float:
    """Likeness of two sentences by their character trigrams, punctuation and spaces removed, 0 to 1."""
    return _jaccard(_trigrams(left), _trigrams(right))


def _trigrams(text: str) -> frozenset[str]:
    bare = _SPACES.sub("", normalise(text).text)
    return frozenset(bare[i : i + 3] for i in range(len(bare) - 2)) or frozenset({bare})


def _jaccard(left: frozenset[str], right: frozenset[str]) -> float:
    return len(left & right) / (len(left | right) or 1)


def _check_intents(pack: Pack) -> Iterator[str]:
    if len(pack.labels) != LABELS:
        yield f"labels.yaml: {len(pack.labels)} labels instead of {LABELS}"
    if len(pack.intents) < INTENTS_AT_LEAST:
        yield f"intents: {len(pack.intents)} fine intents, at least {INTENTS_AT_LEAST} are needed"
    covered = {intent.label for intent in pack.intents}
    yield from (f"intents/{label}.yaml: no fine intent" for label in pack.labels if label not in covered)
    for intent_id, count in Counter(intent.id for intent in pack.intents).items():
        if count > 1:
            yield f"{intent_id}: stands {count} times"
        if not _ID.fullmatch(intent_id) or intent_id.partition(".")[0] not in pack.labels:
            yield f"{intent_id}: not <label>.<name> of a known label"


def _check_sentences(pack: Pack) -> Iterator[str]:
    owner: dict[str, str] = {}
    for intent in pack.intents:
        if len(intent.chinese) < CHINESE_SENTENCES:
            yield f"{intent.id}: {len(intent.chinese)} Chinese sentences, fewer than {CHINESE_SENTENCES}"
        if len(intent.english) < ENGLISH_SENTENCES:
            yield f"{intent.id}: {len(intent.english)} English sentences, fewer than {ENGLISH_SENTENCES}"
        for _, sentence in intent.sentences():
            key = _SPACES.sub("", normalise(sentence).text) or sentence
            if key in owner:
                yield f"{intent.id}: {sentence!r} stands in {owner[key]} too"
            owner.setdefault(key, intent.id)
        yield from _check_likeness(intent)


def _check_likeness(intent: FineIntent) -> Iterator[str]:
    grams = [(sentence, _trigrams(sentence)) for sentence in intent.chinese]
    for (left, left_grams), (right, right_grams) in combinations(grams, 2):
        likeness = _jaccard(left_grams, right_grams)
        if likeness > JACCARD_AT_MOST:
            yield f"{intent.id}: {left!r} and {right!r} are too alike ({likeness:.2f})"


def _check_entries(pack: Pack) -> Iterator[str]:
    entries = pack.answers
    if len(entries) < ENTRIES_AT_LEAST:
        yield f"answers: {len(entries)} entries, at least {ENTRIES_AT_LEAST} are needed"
    english = sum("en" in entry.question for entry in entries)
    if english < ENGLISH_ENTRIES_AT_LEAST:
        yield f"answers: {english} entries have English, at least {ENGLISH_ENTRIES_AT_LEAST} are needed"
    hot = [entry.hot for entry in entries if entry.hot is not None]
    if len(hot) > HOT_AT_MOST or len(set(hot)) != len(hot):
        yield f"answers: hot ranks {sorted(hot)} are not up to {HOT_AT_MOST} different ones"
    for category in pack.categories:
        for entry in category.entries:
            if entry.category != category.category or not _ID.fullmatch(entry.id):
                yield f"{entry.id}: not <category>.<name> of {category.category}"
            yield from _check_entry(entry)


def _check_entry(entry: Entry) -> Iterator[str]:
    if "zh-CN" not in entry.question:
        yield f"{entry.id}: no Chinese question"
    if len(entry.similar.get("zh-CN", ())) < SIMILAR_AT_LEAST:
        yield f"{entry.id}: fewer than {SIMILAR_AT_LEAST} similar Chinese questions"
    if "en" in entry.question and len(entry.similar.get("en", ())) < SIMILAR_ENGLISH:
        yield f"{entry.id}: fewer than {SIMILAR_ENGLISH} similar English questions"
    if set(entry.question) != set(entry.answer):
        yield f"{entry.id}: question in {sorted(entry.question)}, answer in {sorted(entry.answer)}"
    if set(entry.similar) - set(entry.question):
        yield f"{entry.id}: similar questions in a language without a question"


def _check_references(pack: Pack) -> Iterator[str]:
    entries, intents = {entry.id for entry in pack.answers}, {intent.id for intent in pack.intents}
    seen: dict[str, str] = {}
    for entry_id, count in Counter(entry.id for entry in pack.answers).items():
        if count > 1:
            yield f"{entry_id}: stands {count} times"
    for entry in pack.answers:
        yield from (f"{entry.id}: related {other} does not exist" for other in entry.related if other not in entries)
        if entry.id in entry.related:
            yield f"{entry.id}: is related to itself"
        if entry.intent is not None and entry.intent not in intents:
            yield f"{entry.id}: intent {entry.intent} does not exist"
        yield from _check_variables(entry, pack)
        for _, text in entry.phrasings():
            key = _SPACES.sub("", normalise(text).text)
            if key in seen:
                yield f"{entry.id}: {text!r} stands in {seen[key]} too"
            seen.setdefault(key, entry.id)


def _check_variables(entry: Entry, pack: Pack) -> Iterator[str]:
    for locale, answer in entry.answer.items():
        for name in _VARIABLE.findall(answer):
            variable = pack.variables.get(name)
            if variable is None or locale not in variable.value:
                yield f"{entry.id}: variable {name} has no {locale} value"


def _check_phrases(pack: Pack) -> Iterator[str]:
    wanted = {situation: _placeholders(texts) for situation, texts in pack.phrases.get("zh-CN", {}).items()}
    for locale in pack.manifest.locales:
        phrases = pack.phrases.get(locale, {})
        yield from (f"phrases/{locale}.yaml: {name} is missing" for name in wanted.keys() - phrases.keys())
        for name, texts in phrases.items():
            found = {frozenset(_PLACEHOLDER.findall(text)) for text in texts}
            if not texts or len(found) != 1 or (name in wanted and _placeholders(texts) != wanted[name]):
                yield f"phrases/{locale}.yaml: {name} has no variants, or their placeholders differ"


def _placeholders(texts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name for text in texts for name in _PLACEHOLDER.findall(text))
