"""Shops, attachments and the audit trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from xiaoer.data.postgres.database import Executor
from xiaoer.data.rows.shop import AttachmentRow, ShopRow
from xiaoer.data.stores.mapping import find_one, get_one, list_all

_INSERT = """
INSERT INTO shop (shop_id, slug, name, locale, timezone, widget_key, identity_secret, settings, is_demo)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING *
"""
_FIND = "SELECT * FROM shop WHERE shop_id = $1"
_FIND_BY_WIDGET_KEY = "SELECT * FROM shop WHERE widget_key = $1"
_LIST = "SELECT * FROM shop ORDER BY created_at, shop_id"
_UPDATE = """
UPDATE shop SET name = $2, locale = $3, timezone = $4, settings = $5, knowledge_stamp = knowledge_stamp + 1
WHERE shop_id = $1 RETURNING *
"""
_SET_IDENTITY = "UPDATE shop SET identity_secret = $2 WHERE shop_id = $1"
_RAISE_STAMP = "UPDATE shop SET knowledge_stamp = knowledge_stamp + 1 WHERE shop_id = $1 RETURNING knowledge_stamp"
_LIST_STAMPS = "SELECT shop_id, knowledge_stamp FROM shop"

_INSERT_ATTACHMENT = """
INSERT INTO attachment (shop_id, attachment_id, customer_id, staff_id, name, mime, bytes, width, height, blob_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING *
"""
_FIND_ATTACHMENT = "SELECT * FROM attachment WHERE shop_id = $1 AND attachment_id = $2"
# A shopper sees their own files, and those that staff put into one of their conversations.
_IS_SHOWN_TO = """
SELECT EXISTS (
    SELECT 1 FROM event e JOIN conversation c ON c.shop_id = e.shop_id AND c.conversation_id = e.conversation_id
    WHERE c.shop_id = $1 AND c.customer_id = $2 AND e.public_seq IS NOT NULL AND e.data ->> 'attachment_id' = $3
)
"""
_MOVE_ATTACHMENTS = "UPDATE attachment SET customer_id = $3 WHERE shop_id = $1 AND customer_id = $2"

_RECORD = """
INSERT INTO audit_entry (shop_id, audit_id, actor_kind, actor_id, action, object_kind, object_id, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def insert(
    db: Executor,
    shop_id: UUID,
    *,
    slug: str,
    name: str,
    locale: str,
    timezone: str,
    widget_key: str,
    identity_secret: bytes,
    settings: dict[str, Any],
    is_demo: bool,
) -> ShopRow:
    return await get_one(
        db, ShopRow, _INSERT, shop_id, slug, name, locale, timezone, widget_key, identity_secret, settings, is_demo
    )


async def find(db: Executor, shop_id: UUID) -> ShopRow | None:
    return await find_one(db, ShopRow, _FIND, shop_id)


async def find_by_widget_key(db: Executor, widget_key: str) -> ShopRow | None:
    return await find_one(db, ShopRow, _FIND_BY_WIDGET_KEY, widget_key)


async def list_shops(db: Executor) -> list[ShopRow]:
    return await list_all(db, ShopRow, _LIST)


async def update(
    db: Executor, shop_id: UUID, *, name: str, locale: str, timezone: str, settings: dict[str, Any]
) -> ShopRow:
    """Settings hold variables that answers use, so the knowledge stamp rises with them."""
    return await get_one(db, ShopRow, _UPDATE, shop_id, name, locale, timezone, settings)


async def set_identity_secret(db: Executor, shop_id: UUID, sealed: bytes) -> None:
    await db.execute(_SET_IDENTITY, shop_id, sealed)


async def raise_knowledge_stamp(db: Executor, shop_id: UUID) -> int:
    """The next stamp; the row lock makes stamps rise in commit order."""
    return int(await db.fetchval(_RAISE_STAMP, shop_id))


async def list_knowledge_stamps(db: Executor) -> dict[UUID, int]:
    return {row["shop_id"]: row["knowledge_stamp"] for row in await db.fetch(_LIST_STAMPS)}


async def insert_attachment(db: Executor, row: AttachmentRow) -> AttachmentRow:
    return await get_one(
        db, AttachmentRow, _INSERT_ATTACHMENT, row.shop_id, row.attachment_id, row.customer_id, row.staff_id,
        row.name, row.mime, row.bytes, row.width, row.height, row.blob_id,
    )  # fmt: skip


async def find_attachment(db: Executor, shop_id: UUID, attachment_id: UUID) -> AttachmentRow | None:
    return await find_one(db, AttachmentRow, _FIND_ATTACHMENT, shop_id, attachment_id)


async def is_attachment_shown_to(db: Executor, shop_id: UUID, customer_id: UUID, attachment_id: UUID) -> bool:
    """Whether it stands in a public message of one of the customer's conversations."""
    return bool(await db.fetchval(_IS_SHOWN_TO, shop_id, customer_id, str(attachment_id)))


async def move_attachments(db: Executor, shop_id: UUID, from_customer: UUID, to_customer: UUID) -> None:
    await db.execute(_MOVE_ATTACHMENTS, shop_id, from_customer, to_customer)


async def record_audit(
    db: Executor,
    shop_id: UUID,
    audit_id: UUID,
    *,
    actor_kind: str,
    actor_id: UUID | None,
    action: str,
    object_kind: str,
    object_id: str,
    detail: dict[str, Any],
) -> None:
    """Append to the trail, in the caller's transaction."""
    await db.execute(_RECORD, shop_id, audit_id, actor_kind, actor_id, action, object_kind, object_id, detail)
