"""What a message may hold, what each side sees of it, and what an event does to a snapshot."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaoer.business.conversation import rules
from xiaoer.business.conversation.types import Actor, Event, VisitorConversation
from xiaoer.data.rows.conversation import EventRow
from xiaoer.kit.errors import InvalidInput
from xiaoer.kit.ids import new_id

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given_text", "kept"),
    [
        ("  你好 ", "你好"),
        ("a\r\nb\tc", "a\nb\tc"),
        ("a\x00\x07\x1b[31mb", "a[31mb"),
        ("abc\u202ecba", "abccba"),
        ("\ufeff你\u200b好\u2060", "你好"),
        ("e\u0301", "é"),
        ("⟦phone:1⟧", "〚phone:1〛"),
        ("👨‍👩‍👧", "👨‍👩‍👧"),
        ("长" * 2000, "长" * 2000),
    ],
)
def test_text_as_it_is_kept(given_text: str, kept: str) -> None:
    assert rules.clean_text(given_text) == kept


@pytest.mark.parametrize("text", ["", " \n\t", "\x00", "\u200b\u202e", "\ud800"])
def test_nothing_to_say_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.clean_text(text)
    assert refused.value.code == "message.empty"


@pytest.mark.parametrize("length", [2001, 8001, 100_000])
def test_too_much_is_refused_with_the_limit(length: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.clean_text("长" * length, field="text")
    assert refused.value.code == "message.too_long"
    assert refused.value.params == {"field": "text", "limit": 2000, "length": length}


@given(st.text(max_size=300))
def test_kept_text_is_clean_and_stays_as_it_is(text: str) -> None:
    try:
        kept = rules.clean_text(text)
    except InvalidInput:
        return
    assert 1 <= len(kept) <= rules.TEXT_LIMIT
    assert kept == rules.clean_text(kept)
    assert not [c for c in kept if unicodedata.category(c) in ("Cc", "Cs", "Co") and c not in "\n\t"]
    assert "⟦" not in kept
    assert kept.encode()


MASKED = {
    "type": "text",
    "text": f"打{rules.make_token('phone', 1)}或写{rules.make_token('email', 2)}",
    "spans": [
        {"index": 1, "kind": "phone", "masked": "138****8000"},
        {"index": 2, "kind": "email", "masked": "a****@b.example"},
    ],
}


def test_tokens_become_masks_and_previews_show_neither() -> None:
    assert rules.masked(MASKED)["text"] == "打138****8000或写a****@b.example"
    assert rules.plain_preview(MASKED) == "打[***]或写[***]"
    assert rules.masked({"type": "text", "text": "⟦phone:1⟧"})["text"] == "⟦phone:1⟧"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"type": "text", "text": "a\n b\t c"}, "a b c"),
        ({"type": "text", "text": "长" * 100}, "长" * 80),
        ({"type": "press", "label": "退货"}, "退货"),
        ({"type": "image", "name": "a.png"}, "[图片]"),
        ({"type": "order", "order": {}}, "[订单]"),
        ({"type": "buttons", "text": "哪一个？", "buttons": []}, "哪一个？"),
        ({}, ""),
    ],
)
def test_one_line_for_lists(data: dict[str, Any], line: str) -> None:
    assert rules.plain_preview(data) == line


ORDER = {"number": "QH1", "state_label": "运输中", "items": [{"title": "茶杯"}, {"title": "茶壶"}]}


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ({"type": "text", "text": "你好"}, "你好"),
        (
            {"type": "buttons", "text": "哪个？", "buttons": [{"id": "a", "label": "甲"}, {"id": "b", "label": "乙"}]},
            "哪个？\n1. 甲\n2. 乙",
        ),
        ({"type": "orders", "text": "哪单？", "orders": [ORDER]}, "哪单？\n1. QH1  运输中  茶杯、茶壶"),
        ({"type": "order", "order": ORDER}, "QH1  运输中  茶杯、茶壶"),
        (
            {"type": "product", "product": {"title": "茶杯", "price": {"amount": 1290, "currency": "CNY"}, "url": "/p"}},
            "茶杯  12.90 CNY  /p",
        ),
        (
            {
                "type": "logistics", "carrier": "顺丰", "tracking_number": "SF1", "state_label": "运输中",
                "traces": [{"at": "2026-11-20T01:02:03Z", "text": "已揽收"}],
            },
            "顺丰 SF1 运输中\n2026-11-20 01:02  已揽收",
        ),
        ({"type": "image", "name": "a.png"}, "[图片] a.png"),
        ({"type": "press", "label": "退货"}, "退货"),
    ],
)  # fmt: skip
def test_rich_messages_as_plain_text(data: dict[str, Any], text: str) -> None:
    assert rules.degrade(data) == text


def an_event(**changes: Any) -> EventRow:
    values: dict[str, Any] = {
        "conversation_id": new_id(), "seq": 5, "public_seq": 3, "kind": "message", "actor_kind": "staff",
        "actor_id": new_id(), "actor_name": "李娜", "client_id": "client-id-1", "data": MASKED, "created_at": NOW,
    }  # fmt: skip
    return EventRow(**values | changes)


def test_a_shopper_sees_no_ids_of_staff() -> None:
    row = an_event(kind="taken_over", data={"staff_id": "x", "staff_name": "李娜"})
    shown = rules.for_visitor(row)
    assert (shown.seq, shown.public_seq, shown.actor.id, shown.client_id) == (3, None, None, None)
    assert shown.data == {"staff_name": "李娜"}
    assert rules.for_staff(row).data["staff_id"] == "x"


def test_a_shopper_finds_their_own_client_id_and_no_one_finds_the_plain_number() -> None:
    row = an_event(actor_kind="customer")
    assert rules.for_visitor(row).client_id == "client-id-1"
    assert rules.for_visitor(row).actor.name == ""
    for shown in (rules.for_visitor(row), rules.for_staff(row)):
        assert "138****8000" in shown.data["text"]


def test_a_note_is_never_made_into_a_shoppers_event() -> None:
    with pytest.raises(ValueError, match="staff-only"):
        rules.for_visitor(an_event(kind="note", public_seq=None))


VIEW = VisitorConversation(
    conversation_id=new_id(), state="open", handler="bot", staff_name=None, public_seq=3, customer_read_seq=0,
    staff_read_seq=0, rating=None, queue=None, created_at=NOW,
)  # fmt: skip


def step(kind: str, seq: int = 4, **data: Any) -> Event:
    return Event(seq=seq, kind=kind, at=NOW, actor=Actor("system"), data=data)


def test_events_move_a_snapshot() -> None:
    view = VIEW
    steps = [
        ("handover_requested", {"reason": "asked"}, ("open", "queue", None)),
        ("taken_over", {"staff_name": "李娜"}, ("open", "staff", "李娜")),
        ("message", {"text": "您好"}, ("open", "staff", "李娜")),
        ("returned_to_bot", {}, ("open", "bot", None)),
        ("resolved", {"by": "customer"}, ("ended", "bot", None)),
        ("rated", {"score": 5, "tags": [], "comment": ""}, ("ended", "bot", None)),
    ]
    for number, (kind, data, expected) in enumerate(steps, start=4):
        view = rules.apply_event(view, step(kind, number, **data))
        assert (view.state, view.handler, view.staff_name) == expected
    assert view.public_seq == 9
    assert view.rating is not None
    assert view.rating.score == 5


@pytest.mark.parametrize("seq", [3, 5, 0])
def test_a_gap_or_a_repeat_is_refused(seq: int) -> None:
    with pytest.raises(ValueError, match="does not follow"):
        rules.apply_event(VIEW, step("message", seq))


@pytest.mark.parametrize(
    ("score", "tags", "comment", "field"),
    [(0, [], "", "score"), (6, [], "", "score"), (5, ["x"] * 7, "", "tags"), (5, [""], "", "tags"),
     (5, ["x" * 21], "", "tags"), (5, [], "x" * 501, "comment")],
)  # fmt: skip
def test_a_wrong_rating_is_named(score: int, tags: list[str], comment: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check_rating(score, tags, comment)
    assert refused.value.params["field"] == field


@pytest.mark.parametrize(
    ("position", "taken", "span", "minutes"),
    [(1, 0, 0.0, None), (1, 2, 600.0, None), (1, 3, 600.0, 5), (4, 3, 600.0, 20), (1, 3, 0.0, 1), (2, 61, 3600.0, 2)],
)
def test_waiting_is_estimated_only_when_something_is_known(
    position: int, taken: int, span: float, minutes: int | None
) -> None:
    assert rules.estimate_wait_minutes(position, taken, span) == minutes
