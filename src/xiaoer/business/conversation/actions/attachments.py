"""Taking files in by what they are, not by what they claim; pictures are drawn anew, so nothing rides along."""

from __future__ import annotations

import asyncio
import io
import unicodedata
import zipfile
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import msgspec
from PIL import Image, ImageOps, UnidentifiedImageError

from xiaoer.business.customer.types import Visitor
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.data.backend import Backend
from xiaoer.data.blobs import put_blob, read_blob
from xiaoer.data.rows.shop import AttachmentRow
from xiaoer.data.stores import shop as store
from xiaoer.kit.errors import InvalidInput, NotFound
from xiaoer.kit.ids import new_id

BYTE_LIMIT = 10 * 2**20
PIXEL_LIMIT = 25_000_000
SIDE_LIMIT = 2048
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
# One picture at a time: decoding 25 megapixels takes about 100 MB.
_PAINTERS = ThreadPoolExecutor(1, thread_name_prefix="pictures")


class AttachmentView(msgspec.Struct, frozen=True):
    """Sizes in bytes and pixels; `width` and `height` only for pictures."""

    attachment_id: UUID
    name: str
    mime: str
    bytes: int
    width: int | None
    height: int | None


class _Checked(msgspec.Struct):
    raw: bytes
    mime: str
    width: int | None = None
    height: int | None = None


def _redraw(raw: bytes) -> _Checked:
    """The picture drawn anew, upright and at most 2,048 pixels a side: metadata and anything appended stay behind."""
    try:
        with Image.open(io.BytesIO(raw), formats=_FORMATS) as picture:
            if picture.width * picture.height > PIXEL_LIMIT:
                raise InvalidInput("attachment.too_many_pixels", field="file", limit=PIXEL_LIMIT)
            drawn = ImageOps.exif_transpose(picture)
            drawn.thumbnail((SIDE_LIMIT, SIDE_LIMIT))
            has_alpha = drawn.mode in ("RGBA", "LA", "PA") or "transparency" in drawn.info
            drawn = drawn.convert("RGBA" if has_alpha else "RGB")
            # Comments and profiles would be written out again.
            drawn.info.clear()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidInput("attachment.broken_picture", field="file") from error
    out = io.BytesIO()
    kind = "PNG" if has_alpha else "JPEG"
    drawn.save(out, kind, **({} if has_alpha else {"quality": 85, "optimize": True}))
    return _Checked(out.getvalue(), f"image/{kind.lower()}", drawn.width, drawn.height)


def _is_picture(raw: bytes) -> bool:
    return raw.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or (
        raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"
    )


def _office_mime(raw: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, OSError):
        return None
    if any("vbaProject" in name for name in names):
        return None
    return next((mime for part, mime in _OFFICE.items() if part in names), None)


def _plain_mime(name: str, raw: bytes) -> str | None:
    """Text that is text: UTF-8, no controls, and nothing that a browser would take for a page."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    if any(unicodedata.category(c) == "Cc" and c not in "\r\n\t" for c in text[:100_000]):
        return None
    if text.lstrip()[:200].lower().startswith(("<!doctype", "<html", "<svg", "<?xml", "<script")):
        return None
    return {"csv": "text/csv", "txt": "text/plain"}.get(name.rpartition(".")[2].lower())


def _check(name: str, raw: bytes) -> _Checked:
    if not raw:
        raise InvalidInput("attachment.empty", field="file")
    if _is_picture(raw):
        return _redraw(raw)
    mime = "application/pdf" if raw[:5] == b"%PDF-" else None
    mime = mime or (_office_mime(raw) if raw[:4] == b"PK\x03\x04" else None) or _plain_mime(name, raw)
    if mime is None:
        raise InvalidInput("attachment.type_not_allowed", field="file", name=name[:60])
    return _Checked(raw, mime)


def clean_file_name(name: str) -> str:
    """A name without a path, controls or direction marks, at most 100 characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if unicodedata.category(c)[0] != "C").strip(". ")
    return kept[-100:] or "file"


async def take_in(
    backend: Backend, shop_id: UUID, name: str, raw: bytes, *, customer_id: UUID | None = None,
    staff_id: UUID | None = None,
) -> AttachmentView:  # fmt: skip
    """Check, redraw and store a file; it is shown nowhere until a message holds it."""
    shown = clean_file_name(name)
    checked = await asyncio.get_running_loop().run_in_executor(_PAINTERS, _check, shown, raw)
    async with backend.db.transaction() as work:
        blob = await put_blob(work, shop_id, checked.raw, checked.mime)
        row = await store.insert_attachment(
            work,
            AttachmentRow(
                shop_id=shop_id, attachment_id=new_id(), customer_id=customer_id, staff_id=staff_id, name=shown,
                mime=checked.mime, bytes=len(checked.raw), width=checked.width, height=checked.height,
                blob_id=blob.blob_id, created_at=backend.clock.now(),
            ),
        )  # fmt: skip
    return AttachmentView(row.attachment_id, row.name, row.mime, row.bytes, row.width, row.height)


def check_staff(staff: Staff) -> None:
    identity_rules.check_permission(staff, identity_rules.CONVERSATION_SERVE)


async def get_for_visitor(
    backend: Backend, visitor: Visitor, attachment_id: UUID
) -> tuple[AttachmentRow, AsyncIterator[bytes]]:
    """The shopper's own file, or one shown to them in a conversation; authorised at every read."""
    row = await store.find_attachment(backend.db, visitor.shop_id, attachment_id)
    if row is not None and row.customer_id != visitor.customer_id:
        shown = await store.is_attachment_shown_to(backend.db, visitor.shop_id, visitor.customer_id, attachment_id)
        row = row if shown and row.customer_id is None else None
    if row is None:
        raise NotFound("attachment.not_found")
    return row, read_blob(backend.db, visitor.shop_id, row.blob_id)


async def get_for_staff(
    backend: Backend, staff: Staff, attachment_id: UUID
) -> tuple[AttachmentRow, AsyncIterator[bytes]]:
    """A file of the shop, for those who may read conversations."""
    identity_rules.check_permission(staff, identity_rules.CONVERSATION_READ)
    row = await store.find_attachment(backend.db, staff.shop_id, attachment_id)
    if row is None:
        raise NotFound("attachment.not_found")
    return row, read_blob(backend.db, staff.shop_id, row.blob_id)
