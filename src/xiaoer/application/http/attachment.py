"""Files in conversations: taken in by content, given out to those who may see them, never as active content."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

import msgspec
from litestar import Router, get, post
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import Body
from litestar.response import Stream

from xiaoer.business.conversation.actions import attachments as actions
from xiaoer.business.conversation.actions.attachments import BYTE_LIMIT, AttachmentView
from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity.types import Staff
from xiaoer.data.rows.shop import AttachmentRow
from xiaoer.kit.errors import TooLarge

from .errors import RESPONSES
from .principals import STAFF_ONLY, VISITOR_ONLY
from .services import Services


class AttachmentForm(msgspec.Struct):
    file: UploadFile


Form = Annotated[AttachmentForm, Body(media_type=RequestEncodingType.MULTI_PART)]


# The type is each file's own.
GIVES_FILE = {**RESPONSES, 200: ResponseSpec(bytes, description="The file", media_type="*/*", generate_examples=False)}


async def _read(data: AttachmentForm) -> tuple[str, bytes]:
    raw = await data.file.read(BYTE_LIMIT + 1)
    if len(raw) > BYTE_LIMIT:
        raise TooLarge("attachment.too_large", field="file", limit=BYTE_LIMIT)
    return data.file.filename or "file", raw


def _give(row: AttachmentRow, chunks: AsyncIterator[bytes]) -> Stream:
    """Pictures inline, files as downloads; in a sandbox without scripts either way."""
    disposition = "inline" if row.width is not None else "attachment"
    headers = {
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(row.name)}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, max-age=3600",
        "Content-Length": str(row.bytes),
    }
    return Stream(chunks, media_type=row.mime, headers=headers)


@post(
    "/visitor/attachments", operation_id="uploadByVisitor", status_code=201, responses=RESPONSES, security=VISITOR_ONLY
)
async def upload_by_visitor(services: Services, visitor: Visitor, data: Form) -> AttachmentView:
    """Take a picture or a file from the shopper, to be sent in a message afterwards."""
    name, raw = await _read(data)
    return await actions.take_in(services.backend, visitor.shop_id, name, raw, customer_id=visitor.customer_id)


@get(
    "/visitor/attachments/{attachment_id:uuid}", operation_id="getOwnAttachment", responses=GIVES_FILE,
    security=VISITOR_ONLY,
)  # fmt: skip
async def get_by_visitor(services: Services, visitor: Visitor, attachment_id: UUID) -> Stream:
    """A file of the shopper's own, or one that staff sent them."""
    row, chunks = await actions.get_for_visitor(services.backend, visitor, attachment_id)
    return _give(row, chunks)


@post("/attachments", operation_id="uploadByStaff", security=STAFF_ONLY, status_code=201, responses=RESPONSES)
async def upload_by_staff(services: Services, staff: Staff, data: Form) -> AttachmentView:
    """Take a picture or a file from staff, to be sent in a message afterwards."""
    actions.check_staff(staff)
    name, raw = await _read(data)
    return await actions.take_in(services.backend, staff.shop_id, name, raw, staff_id=staff.staff_id)


@get(
    "/attachments/{attachment_id:uuid}", operation_id="getAttachment", responses=GIVES_FILE, security=STAFF_ONLY,
)  # fmt: skip
async def get_by_staff(services: Services, staff: Staff, attachment_id: UUID) -> Stream:
    """A file of one of the shop's conversations."""
    row, chunks = await actions.get_for_staff(services.backend, staff, attachment_id)
    return _give(row, chunks)


attachment_routes = Router(
    "", route_handlers=[upload_by_visitor, get_by_visitor, upload_by_staff, get_by_staff], tags=["attachments"]
)
