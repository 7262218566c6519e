"""What words alone decide: openers, set phrases of small talk, an own order's state."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoer.intelligence.dialogue.orders import asks_own_state
from xiaoer.intelligence.dialogue.smalltalk import find_small_talk
from xiaoer.intelligence.retrieval.gate import relevance
from xiaoer.intelligence.retrieval.types import Features
from xiaoer.intelligence.text.openers import strip_openers


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("你好,请问怎么开发票", "怎么开发票"),
        ("老板我的货发了没", "我的货发了没"),
        ("老板电话多少", "老板电话多少"),
        ("客服几点上班", "客服几点上班"),
        ("你好", "你好"),
        ("", ""),
    ],
)
def test_openers_are_dropped_where_a_point_follows(text: str, point: str) -> None:
    assert strip_openers(text) == point


@pytest.mark.parametrize(
    ("text", "flow"),
    [
        ("我买的帽子发了没", "order_status"),
        ("我的包裹到哪了", "logistics"),
        ("帮我看下我的订单", "order_status"),
        ("查快递", "logistics"),
        ("一般几天发货", None),
        ("怎么查物流", None),
        ("发票寄了没", None),
        ("退货到哪了", None),
        ("周末发吗", None),
        ("显示发了没物流", None),
    ],
)
def test_an_own_order_is_asked_for_or_not(text: str, flow: str | None) -> None:
    assert asks_own_state(text) == flow


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("你好呀", "greeting.hello"),
        ("还在吗", "greeting.again"),
        ("好的谢谢", "smalltalk.thanks"),
        ("你真聪明", "smalltalk.praise"),
        ("没有问题了", "smalltalk.goodbye"),
        ("你是真人吗", "smalltalk.bot_identity"),
        ("你能做什么", "smalltalk.capabilities"),
        ("今天好累啊", "smalltalk.chitchat"),
        ("好的好的", "smalltalk.acknowledge"),
        ("但是", "smalltalk.unclear"),
        ("好的那怎么退货", None),
        ("还有货吗", None),
        ("where is my order", None),
    ],
)
def test_set_phrases(text: str, situation: str | None) -> None:
    assert find_small_talk(text) == situation


@given(st.text(max_size=60))
def test_any_text_is_borne(text: str) -> None:
    strip_openers(text)
    find_small_talk(text)
    asks_own_state(text)


def test_off_topic_speaks_against_relevance() -> None:
    features = Features(covered=0.5, agreement=0.5)
    assert relevance(features, 0.2) < relevance(features, 0.0)
    assert relevance(Features(), 0.0) < relevance(features, 0.0)
