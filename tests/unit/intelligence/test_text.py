"""Normalisation, the golden n-grams, and language guessing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoer.intelligence.text.language import guess_language
from xiaoer.intelligence.text.ngrams import BUCKETS, ngrams, search_terms, term_words, vectorise
from xiaoer.intelligence.text.normalise import normalise

GOLDEN = Path(__file__).parent / "golden_ngrams.json"


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("請問退貨運費誰出？？？", "请问退货运费谁出?"),
        ("ＱＨ１２３ ｉＰｈｏｎｅ", "qh123 iphone"),
        ("哈哈哈哈哈", "哈哈"),
        ("sooooo slow!!!", "soo slow!"),
        ("好的👍👍", "好的"),
        ("a\u200bb\u0007c", "abc"),
        ("  多 \n 行\t文字 ", "多 行 文字"),
        ("订单20240000000001", "订单20240000000001"),
        ("", ""),
        ("😀", ""),
    ],
)
def test_normalise(written: str, normal: str) -> None:
    assert normalise(written).text == normal


def test_emoji_is_flagged() -> None:
    assert normalise("好的👍").has_emoji
    assert not normalise("好的").has_emoji


@given(st.text(max_size=60))
def test_normalising_never_fails_and_keeps_the_original(text: str) -> None:
    assert normalise(text).original == text


@given(st.text(alphabet="我的订单发货了吗abc ?!？！.,。0123456789", max_size=40))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once


def test_ngrams_are_the_golden_ones() -> None:
    """Models trained yesterday read these very numbers: a change needs a new FEATURES and new artefacts."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    for text, expected in golden.items():
        grams = ngrams(normalise(text).text)
        assert {"hashes": grams.hashes.tolist(), "terms": grams.terms} == expected


@given(st.text(max_size=40))
def test_search_terms_are_the_head_of_the_ngrams(text: str) -> None:
    normal = normalise(text).text
    assert search_terms(normal) == ngrams(normal).search_terms.tolist()
    assert set(term_words(normal)) == set(search_terms(normal))


def test_vectors_have_unit_length_and_no_bucket_beyond() -> None:
    active, values = vectorise(ngrams("我的订单怎么还没发货"), np.ones(BUCKETS, dtype=np.float32))
    assert float(np.linalg.norm(values)) == pytest.approx(1.0, abs=1e-5)
    assert active.max() < BUCKETS
    assert len(set(active.tolist())) == len(active)


def test_no_text_has_no_grams() -> None:
    active, values = vectorise(ngrams("?!"), np.ones(BUCKETS, dtype=np.float32))
    assert len(active) == len(values) == 0


def test_order_numbers_are_one_gram_whatever_their_digits() -> None:
    assert ngrams("订单20240618553271").hashes.tolist() == ngrams("订单99999999999999").hashes.tolist()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("我要退iPhone 15 Pro Max", "zh-CN"),
        ("where is my order", "en"),
        ("请问 how to return", "zh-CN"),
        ("😀 123", "zh-CN"),
        ("", "zh-CN"),
    ],
)
def test_guess_language(text: str, language: str) -> None:
    assert guess_language(text) == language


def test_a_number_keeps_the_language_of_the_conversation() -> None:
    assert guess_language("12345678", "en") == "en"
