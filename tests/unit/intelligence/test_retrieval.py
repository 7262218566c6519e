"""The index, its overlay, the gate and what a hit says of itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaoer.intelligence.retrieval.gate import Gate
from xiaoer.intelligence.retrieval.index import COMPACT_ABOVE, Candidate, Index
from xiaoer.intelligence.retrieval.search import Knowledge
from xiaoer.intelligence.retrieval.types import (
    AnswerWith,
    ClarifyAmong,
    EntryText,
    Features,
    Hit,
    NothingFound,
)
from xiaoer.intelligence.text.ngrams import ngrams
from xiaoer.intelligence.text.normalise import normalise

ENTRIES = {
    "invoice.how": EntryText(("怎么开发票", "发票在哪申请", "how do I get an invoice"), "在订单详情里申请发票。"),
    "returns.freight": EntryText(("退货运费谁出", "退货邮费"), "质量问题由我们承担运费。"),
    "shipping.when": EntryText(("什么时候发货", "多久发货"), "付款后 {{ship_hours}} 小时内。"),
}
WORDS = st.text(alphabet="发货票退运费多久怎么开 abc", min_size=1, max_size=8)
TEXTS = st.builds(
    lambda texts, answer: EntryText(tuple(texts), answer),
    st.lists(WORDS, max_size=3),
    st.sampled_from(["", "运费发票", "abc"]),
)
IDS = st.sampled_from("abcdef")


def search(index: Index, text: str) -> list[Candidate]:
    return index.search(index.query(ngrams(normalise(text).text)))


def test_finds_the_best_phrasing_of_each_entry() -> None:
    found = search(Index.build(ENTRIES), "退货的运费谁出")
    assert (found[0].entry_id, found[0].phrasing) == ("returns.freight", "退货运费谁出")


def test_the_same_words_score_one() -> None:
    assert search(Index.build(ENTRIES), "什么时候发货？")[0].ratio == pytest.approx(1.0, abs=1e-5)


def test_words_of_the_answer_count() -> None:
    assert search(Index.build(ENTRIES), "质量")[0].entry_id == "returns.freight"


def test_english_is_found_by_words() -> None:
    assert search(Index.build(ENTRIES), "an invoice please")[0].entry_id == "invoice.how"


def test_nothing_in_common_finds_nothing() -> None:
    index = Index.build(ENTRIES)
    assert search(index, "xyz") == search(index, "") == search(Index.build({}), "发货") == []


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(IDS, TEXTS, max_size=6),
    st.lists(st.dictionaries(IDS, st.none() | TEXTS, min_size=1, max_size=3), max_size=3),
    WORDS,
)
def test_an_edited_index_is_a_rebuilt_index(
    entries: dict[str, EntryText], edits: list[dict[str, EntryText | None]], text: str
) -> None:
    edited, wanted = Index.build(entries), dict(entries)
    for edit in edits:
        edited = edited.with_changes(edit)
        wanted |= {entry_id: entry or EntryText(()) for entry_id, entry in edit.items()}
    rebuilt = Index.build(wanted)
    assert edited.entries() == rebuilt.entries()
    assert search(edited, text) == search(rebuilt, text)


def test_many_edits_fold_into_a_new_base() -> None:
    index = Index.build(ENTRIES).with_changes({f"e{i}": EntryText((f"问题{i}",)) for i in range(COMPACT_ABOVE + 1)})
    assert not index.changed
    assert search(index, "退货运费谁出")[0].entry_id == "returns.freight"


def test_a_reader_of_the_old_snapshot_sees_nothing_of_an_edit() -> None:
    old = Index.build(ENTRIES)
    new = old.with_changes({"shipping.when": None, "gift.wrap": EntryText(("能包装成礼物吗",))})
    assert search(old, "什么时候发货")[0].entry_id == "shipping.when"
    assert "shipping.when" not in [found.entry_id for found in search(new, "什么时候发货")]
    assert search(new, "礼物包装")[0].entry_id == "gift.wrap"


VALUES = st.floats(0, 1)
FEATURES = st.builds(Features, VALUES, VALUES, VALUES, VALUES, VALUES, VALUES, VALUES)


@given(FEATURES, st.sampled_from(Features.__struct_fields__), VALUES)
def test_more_evidence_never_makes_a_hit_less_sure(features: Features, name: str, more: float) -> None:
    values = {field: getattr(features, field) for field in Features.__struct_fields__}
    grown = Features(**(values | {name: min(1.0, values[name] + more)}))
    assert Gate().probability(grown) >= Gate().probability(features)
    assert Gate().rank(grown) >= Gate().rank(features)


def hit(entry_id: str, probability: float) -> Hit:
    return Hit(entry_id, "", 0.0, probability, Features())


def test_decisions_by_threshold() -> None:
    gate = Gate(answer_from=0.8, clarify_from=0.3)
    assert gate.decide([hit("a", 0.8), hit("b", 0.1)]) == AnswerWith(hit("a", 0.8))
    asked = gate.decide([hit("a", 0.5), hit("b", 0.4), hit("c", 0.3), hit("d", 0.2)])
    assert asked == ClarifyAmong((hit("a", 0.5), hit("b", 0.4), hit("c", 0.3)))
    assert gate.decide([hit("a", 0.29)]) == gate.decide([]) == NothingFound()


def test_an_exact_phrasing_is_answered_and_explained() -> None:
    knowledge = Knowledge(Index.build(ENTRIES), Gate())
    best = knowledge.explain("怎么开发票？")[0]
    assert best.probability >= 0.97
    assert "发票" in best.matched
    assert best.features.coverage == pytest.approx(1.0)


def test_an_edit_is_visible_to_the_next_search() -> None:
    knowledge = Knowledge(Index.build(ENTRIES), Gate())
    edited = knowledge.with_changes({"gift.wrap": EntryText(("能包装成礼物吗",), "可以。")})
    assert edited.explain("能包装成礼物吗")[0].entry_id == "gift.wrap"
    assert all(found.entry_id != "gift.wrap" for found in knowledge.explain("能包装成礼物吗"))
