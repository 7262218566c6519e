"""From what a sender gave to what is stored: attachments and cards looked up, personal spans sealed."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

import msgspec

from xiaoer.business.conversation import rules
from xiaoer.business.conversation.ports import Cards
from xiaoer.business.conversation.types import (
    SendFile,
    SendImage,
    SendLogistics,
    SendOrder,
    SendPress,
    SendProduct,
    SendText,
    StaffContent,
    VisitorContent,
)
from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity.types import Staff
from xiaoer.data.backend import Backend
from xiaoer.data.rows.shop import AttachmentRow
from xiaoer.data.stores import conversation as conversations
from xiaoer.data.stores import shop as shop_store
from xiaoer.data.stores import timeline
from xiaoer.intelligence.entities.personal import find_personal
from xiaoer.kit.errors import InvalidInput, NotFound
from xiaoer.kit.masking import mask


class Prepared(msgspec.Struct, frozen=True):
    """Content ready to store: its data, a one-line preview, and the sealed spans its tokens stand for."""

    data: dict[str, Any]
    preview: str
    sealed: tuple[bytes, ...] = ()


def hash_body(content: VisitorContent | StaffContent, *, is_note: bool = False) -> bytes:
    """What tells a repeat from an id used again for something else."""
    return hashlib.sha256(msgspec.json.encode(content) + (b"note" if is_note else b"")).digest()


def seal_text(backend: Backend, shop_id: UUID, text: str, client_id: str) -> Prepared:
    """Text with each personal span replaced by a token, its original sealed beside it, for this very message."""
    spans = find_personal(text)
    if not spans:
        return Prepared({"type": "text", "text": text}, rules.plain_preview({"text": text}))
    parts, shown, sealed, last = [], [], [], 0
    for ordinal, span in enumerate(spans, start=1):
        parts += [text[last : span.start], rules.make_token(span.kind, ordinal)]
        shown.append({"index": ordinal, "kind": span.kind, "masked": mask(span.kind, span.text)})
        sealed.append(
            backend.sealer.seal(shop_id, "sealed_span", "sealed", f"{client_id}:{ordinal}", span.text.encode())
        )
        last = span.end
    data = {"type": "text", "text": "".join([*parts, text[last:]]), "spans": shown}
    return Prepared(data, rules.plain_preview(data), tuple(sealed))


def _attachment_data(kind: str, row: AttachmentRow) -> dict[str, Any]:
    is_picture = row.width is not None
    if is_picture != (kind == "image"):
        raise InvalidInput("attachment.wrong_kind", field="content.type", value=kind)
    data: dict[str, Any] = {"type": kind, "attachment_id": str(row.attachment_id), "name": row.name, "bytes": row.bytes}
    return data | ({"width": row.width, "height": row.height} if is_picture else {"mime": row.mime})


def _prepared(data: dict[str, Any]) -> Prepared:
    return Prepared(data, rules.plain_preview(data))


async def _product(cards: Cards, shop_id: UUID, product_id: str, locale: str) -> Prepared:
    product = await cards.find_product(shop_id, product_id, locale)
    if product is None:
        raise NotFound("product.not_found", field="content.product_id")
    return _prepared({"type": "product", "product": msgspec.to_builtins(product)})


async def prepare_from_visitor(
    backend: Backend, cards: Cards, visitor: Visitor, content: VisitorContent, client_id: str
) -> Prepared:
    """A shopper's content; what is not theirs answers as if it did not exist."""
    if isinstance(content, SendText):
        return seal_text(backend, visitor.shop_id, rules.clean_text(content.text), client_id)
    if isinstance(content, SendImage | SendFile):
        row = await shop_store.find_attachment(backend.db, visitor.shop_id, content.attachment_id)
        if row is None or row.customer_id != visitor.customer_id:
            raise NotFound("attachment.not_found", field="content.attachment_id")
        return _prepared(_attachment_data("image" if isinstance(content, SendImage) else "file", row))
    if isinstance(content, SendProduct):
        return await _product(cards, visitor.shop_id, content.product_id, visitor.locale)
    if isinstance(content, SendOrder):
        order = None
        if visitor.external_id is not None:
            order = await cards.find_order(visitor.shop_id, visitor.external_id, content.number, visitor.locale)
        if order is None:
            raise NotFound("order.not_found", field="content.number")
        return _prepared({"type": "order", "order": msgspec.to_builtins(order)})
    return await _prepare_press(backend, visitor, content)


async def _prepare_press(backend: Backend, visitor: Visitor, content: SendPress) -> Prepared:
    """The label of what was pressed, read from the bot's own message."""
    row = await conversations.find_current(backend.db, visitor.shop_id, visitor.customer_id)
    event = None
    if row is not None:
        event = await timeline.find_public_event(backend.db, visitor.shop_id, row.conversation_id, content.seq)
    if event is None or event.actor_kind != "bot":
        raise NotFound("button.not_found", field="content.seq")
    label = _find_label(event.data, content.id)
    if label is None:
        raise NotFound("button.not_found", field="content.id")
    return _prepared({"type": "press", "seq": content.seq, "id": content.id, "label": label})


def _find_label(data: dict[str, Any], pressed: str) -> str | None:
    choices = [(button["id"], button["label"]) for button in data.get("buttons", [])]
    choices += [(order["number"], order["number"]) for order in data.get("orders", [])]
    choices += [(one["id"], one["question"]) for one in data.get("related", [])]
    return next((str(label) for key, label in choices if key == pressed), None)


async def prepare_from_staff(
    backend: Backend, cards: Cards, staff: Staff, content: StaffContent, locale: str
) -> Prepared:
    """Staff's content; cards are made in the shopper's language."""
    if isinstance(content, SendText):
        text = rules.clean_text(content.text)
        return _prepared({"type": "text", "text": text})
    if isinstance(content, SendImage | SendFile):
        row = await shop_store.find_attachment(backend.db, staff.shop_id, content.attachment_id)
        if row is None or row.customer_id is not None:
            raise NotFound("attachment.not_found", field="content.attachment_id")
        return _prepared(_attachment_data("image" if isinstance(content, SendImage) else "file", row))
    if isinstance(content, SendProduct):
        return await _product(cards, staff.shop_id, content.product_id, locale)
    if isinstance(content, SendOrder):
        order = await cards.find_order(staff.shop_id, None, content.number, locale)
        if order is None:
            raise NotFound("order.not_found", field="content.number")
        return _prepared({"type": "order", "order": msgspec.to_builtins(order)})
    return await _parcel(cards, staff.shop_id, content, locale)


async def _parcel(cards: Cards, shop_id: UUID, content: SendLogistics, locale: str) -> Prepared:
    parcels = await cards.list_logistics(shop_id, content.number, locale)
    if not parcels:
        raise NotFound("logistics.not_found", field="content.number")
    return _prepared({"type": "logistics", **msgspec.to_builtins(parcels[0])})
