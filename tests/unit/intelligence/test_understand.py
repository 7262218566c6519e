"""Understanding on the shipped pack: which row of the table decides, and which commands come out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaoer.intelligence.dialogue.lexicon import asks_for_human, find_risk, is_angry
from xiaoer.intelligence.dialogue.types import (
    Answer,
    Chitchat,
    Clarify,
    Command,
    Context,
    HandOver,
    SetSlot,
    StartFlow,
    Unknown,
)
from xiaoer.intelligence.dialogue.understand import understand
from xiaoer.intelligence.packs.runtime import Models

NUMBER = "QH20240618553271"


@pytest.mark.parametrize(
    "text",
    ["转人工", "人工", "我要人工客服", "找真人", "帮我转人工谢谢", "I want to talk to a human", "agent"],
)
def test_a_person_is_fetched_when_asked_for(models: Models, text: str) -> None:
    assert isinstance(understand(text, models).commands[0], HandOver)


def test_the_hours_of_the_service_desk_are_knowledge(models: Models) -> None:
    assert isinstance(understand("人工客服几点下班", models).commands[0], Answer)


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("你好", "greeting.hello"),
        ("hello", "greeting.hello"),
        ("谢谢啊", "smalltalk.thanks"),
        ("再见", "smalltalk.goodbye"),
        ("你是机器人吗", "smalltalk.bot_identity"),
    ],
)
def test_small_talk(models: Models, text: str, situation: str) -> None:
    found = understand(text, models)
    assert found.commands == (Chitchat(situation),)
    assert situation in models.phrases["zh-CN"]


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        (NUMBER, (StartFlow("order_status"), SetSlot("order_number", NUMBER))),
        (f"订单{NUMBER}什么时候发货", (StartFlow("order_status"), SetSlot("order_number", NUMBER))),
        ("SF1234567890123", (StartFlow("logistics"), SetSlot("tracking_number", "SF1234567890123"))),
        ("我的订单到哪了", (StartFlow("logistics"),)),
        ("我的快递到哪了", (StartFlow("logistics"),)),
        ("帮我查一下订单", (StartFlow("order_status"),)),
        ("where is my order", (StartFlow("logistics"),)),
    ],
)
def test_flows(models: Models, text: str, commands: tuple[Command, ...]) -> None:
    assert understand(text, models).commands == commands


@pytest.mark.parametrize(
    ("text", "entry_id"),
    [
        ("怎么开发票", "invoice.how"),
        ("发货后多久能到？", "delivery.how_long"),
        ("什么时候发货", "shipping.when_ship"),
        ("How soon do you ship after I order?", "shipping.when_ship"),
    ],
)
def test_knowledge(models: Models, text: str, entry_id: str) -> None:
    command = understand(text, models).commands[0]
    assert isinstance(command, Answer)
    assert command.entry_id == entry_id
    assert command.probability > 0.7


def test_how_long_in_general_is_never_a_flow(models: Models) -> None:
    found = understand("一般几天能到", models).commands[0]
    assert isinstance(found, Answer | Clarify)


@pytest.mark.parametrize("text", ["", "   ", "😀😀", "?!", "\x00\x01"])
def test_nothing_to_understand_is_unknown(models: Models, text: str) -> None:
    assert understand(text, models).commands == (Unknown(),)


def test_the_slot_that_was_asked_for(models: Models) -> None:
    context = Context(expecting="order_number", flow="order_status")
    assert understand(NUMBER, models, context).commands == (SetSlot("order_number", NUMBER),)
    assert understand("2024 0618 553271", models, context).commands == (SetSlot("order_number", "20240618553271"),)


def test_choosing_an_option(models: Models) -> None:
    context = Context(options=("invoice.how", "invoice.types"))
    assert understand("2", models, context).commands == (Answer("invoice.types", 1.0),)
    assert understand("第一个", models, context).commands == (Answer("invoice.how", 1.0),)
    assert understand("3", models, context).rule != "choice of an option"


@pytest.mark.parametrize(
    ("text", "angry", "risk"),
    [
        ("什么破店，垃圾", True, None),
        ("再不处理我打12315了", False, "regulator"),
        ("我手机13812345678", False, None),
        ("你们要赔偿我", False, "compensation"),
        ("i will sue you, this is ridiculous", True, "legal"),
        ("有垃圾袋卖吗", False, None),
        ("不生气，就问问", False, None),
        ("怎么开发票", False, None),
    ],
)
def test_anger_and_risk(text: str, angry: bool, risk: str | None) -> None:
    assert (is_angry(text), find_risk(text)) == (angry, risk)


@pytest.mark.parametrize("text", ["人工费多少钱", "这是人工缝制的吗", "人工客服几点上班", "智能手表"])
def test_words_like_human_are_no_request(text: str) -> None:
    assert not asks_for_human(text)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=80))
def test_any_text_gives_a_command(models: Models, text: str) -> None:
    assert understand(text, models).commands


def test_threads_share_the_models(models: Models) -> None:
    texts = ["我的订单到哪了", "怎么开发票", "退货运费谁出", "你好"] * 20
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: understand(text, models), texts))
    assert together == [understand(text, models) for text in texts]
