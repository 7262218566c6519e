"""What a message may hold, what each side may see of it, and what an event does to a conversation. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import msgspec

from xiaoer.data.rows.conversation import ConversationRow, EventRow
from xiaoer.kit.errors import InvalidInput

from .types import Actor, Event, Rating, VisitorConversation

TEXT_LIMIT = 2000
PREVIEW_LIMIT = 80
RATING_TAG_LIMIT = 6

_OPEN, _CLOSE = "⟦", "⟧"
_TOKEN = re.compile(r"⟦([a-z_]+):(\d+)⟧")
_KEPT_CONTROLS = {"\n", "\t"}
# Formatting characters that turn text around or hide it: bidirectional overrides, zero-width and tag characters.
_HIDDEN = re.compile("[\u200b\u2060\u202a-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]")

_PREVIEWS = {
    "image": "[图片]", "file": "[文件]", "product": "[商品]", "order": "[订单]", "orders": "[选择订单]",
    "logistics": "[物流]",
}  # fmt: skip


def clean_text(text: str, *, field: str = "content.text") -> str:
    """Text as it is kept: NFC, no control or hidden characters, no surrounding space; 1 to 2,000 characters."""
    if len(text) > TEXT_LIMIT * 4:
        raise InvalidInput("message.too_long", field=field, limit=TEXT_LIMIT, length=len(text))
    kept = "".join(c for c in text if c in _KEPT_CONTROLS or unicodedata.category(c) not in ("Cc", "Cs", "Co"))
    cleaned = unicodedata.normalize("NFC", _HIDDEN.sub("", kept)).strip()
    if not cleaned:
        raise InvalidInput("message.empty", field=field)
    if len(cleaned) > TEXT_LIMIT:
        raise InvalidInput("message.too_long", field=field, limit=TEXT_LIMIT, length=len(cleaned))
    # The brackets of sealed spans are ours: what a person types cannot forge one.
    return cleaned.replace(_OPEN, "〚").replace(_CLOSE, "〛")


def make_token(kind: str, ordinal: int) -> str:
    """What stands in stored text for the personal span of that ordinal (from 1)."""
    return f"{_OPEN}{kind}:{ordinal}{_CLOSE}"


def plain_preview(data: dict[str, Any]) -> str:
    """One line of a message for lists; personal spans stay tokens' kinds."""
    text = data.get("text") or data.get("label") or ""
    if not text:
        text = _PREVIEWS.get(str(data.get("type")), "")
    return _TOKEN.sub("[***]", " ".join(str(text).split()))[:PREVIEW_LIMIT]


def degrade(data: dict[str, Any]) -> str:
    """A rich message as plain text, for channels that cannot show it."""
    match data.get("type"):
        case "buttons":
            lines = [f"{n}. {one['label']}" for n, one in enumerate(data["buttons"], start=1)]
            return "\n".join([data["text"], *lines])
        case "orders":
            lines = [f"{n}. {_order_line(one)}" for n, one in enumerate(data["orders"], start=1)]
            return "\n".join([data["text"], *lines])
        case "order":
            return _order_line(data["order"])
        case "product":
            one = data["product"]
            return f"{one['title']}  {one['price']['amount'] / 100:.2f} {one['price']['currency']}  {one['url']}"
        case "logistics":
            lines = [f"{one['at'][:16].replace('T', ' ')}  {one['text']}" for one in data["traces"][:5]]
            return "\n".join([f"{data['carrier']} {data['tracking_number']} {data['state_label']}", *lines])
        case "image" | "file":
            return f"{_PREVIEWS[data['type']]} {data['name']}"
    return str(data.get("text") or data.get("label") or "")


def _order_line(order: dict[str, Any]) -> str:
    items = "、".join(one["title"] for one in order["items"])
    return f"{order['number']}  {order['state_label']}  {items}"


def masked(data: dict[str, Any]) -> dict[str, Any]:
    """Content as people see it: tokens replaced by masked spans."""
    spans = data.get("spans")
    if not spans:
        return data
    forms = {span["index"]: span["masked"] for span in spans}
    text = _TOKEN.sub(lambda found: forms.get(int(found[2]), found[0]), data["text"])
    return {**data, "text": text}


def _public_data(event: EventRow) -> dict[str, Any]:
    return {key: value for key, value in masked(event.data).items() if key != "staff_id"}


def for_visitor(event: EventRow, *, with_conversation: bool = False) -> Event:
    """A public event as its shopper may see it."""
    if event.public_seq is None:
        raise ValueError("a staff-only event was about to be shown to a shopper")
    return Event(
        seq=event.public_seq, kind=event.kind, at=event.created_at,
        actor=Actor(kind=event.actor_kind, name=event.actor_name if event.actor_kind != "customer" else ""),
        data=_public_data(event), client_id=event.client_id if event.actor_kind == "customer" else None,
        conversation_id=event.conversation_id if with_conversation else None,
    )  # fmt: skip


def for_staff(event: EventRow) -> Event:
    """An event as staff see it: everything, personal spans masked."""
    return Event(
        seq=event.seq, public_seq=event.public_seq, kind=event.kind, at=event.created_at,
        actor=Actor(kind=event.actor_kind, name=event.actor_name, id=event.actor_id), data=masked(event.data),
        client_id=event.client_id,
    )  # fmt: skip


def as_rating(raw: dict[str, Any] | None) -> Rating | None:
    return None if raw is None else msgspec.convert(raw, Rating)


def visitor_view(row: ConversationRow, staff_name: str | None) -> VisitorConversation:
    """The row as its shopper may see it; the place in the queue is added by the query."""
    return VisitorConversation(
        conversation_id=row.conversation_id, state=row.state, handler=row.handler,
        staff_name=staff_name if row.handler == "staff" else None, public_seq=row.public_seq,
        customer_read_seq=row.customer_read_seq, staff_read_seq=row.staff_read_seq, rating=as_rating(row.rating),
        queue=None, created_at=row.created_at,
    )  # fmt: skip


_HANDLER_AFTER = {"handover_requested": "queue", "taken_over": "staff", "returned_to_bot": "bot"}


def apply_event(view: VisitorConversation, event: Event) -> VisitorConversation:
    """A shopper's snapshot after one more event; refuses a gap."""
    if event.seq != view.public_seq + 1:
        raise ValueError(f"event {event.seq} does not follow {view.public_seq}")
    changes: dict[str, Any] = {"public_seq": event.seq}
    handler = _HANDLER_AFTER.get(event.kind)
    if handler:
        changes |= {"handler": handler, "staff_name": event.data.get("staff_name") if handler == "staff" else None}
    if event.kind == "resolved":
        changes |= {"state": "ended"}
    if event.kind == "rated":
        changes |= {"rating": msgspec.convert(event.data, Rating)}
    return msgspec.structs.replace(view, **changes)


def check_rating(score: int, tags: list[str], comment: str) -> Rating:
    """1 to 5 stars, at most six short tags, at most 500 characters of words."""
    if not 1 <= score <= 5:
        raise InvalidInput("rating.invalid_score", field="score", minimum=1, maximum=5)
    if len(tags) > RATING_TAG_LIMIT or any(not 1 <= len(tag) <= 20 for tag in tags):
        raise InvalidInput("rating.invalid_tags", field="tags", limit=RATING_TAG_LIMIT)
    if len(comment) > 500:
        raise InvalidInput("rating.comment_too_long", field="comment", limit=500)
    return Rating(score=score, tags=tags, comment=clean_text(comment, field="comment") if comment.strip() else "")


def estimate_wait_minutes(position: int, take_overs: int, span_seconds: float) -> int | None:
    """Minutes until a person answers, from how fast the queue has moved; None while too little is known.

    Three take-overs give two gaps, the least from which a mean means anything.
    """
    if take_overs < 3:
        return None
    gap = span_seconds / (take_overs - 1)
    return max(1, round(position * gap / 60))
