"""Importing entries from CSV or XLSX: everything is read and checked first, then written at once or not at all."""

from __future__ import annotations

import asyncio
import csv
import io
import zipfile
import zlib
from collections.abc import Iterator

import msgspec

from xiaoer.business.audit.actions import record_deed
from xiaoer.business.identity import rules as identity_rules
from xiaoer.business.identity.types import Staff
from xiaoer.business.knowledge import rules
from xiaoer.business.knowledge.types import EntryDraft, ImportReport, LocaleContent, RowError
from xiaoer.data.backend import Backend
from xiaoer.data.rows.knowledge import EntryRow, NewEntry
from xiaoer.data.stores import knowledge as store
from xiaoer.kit.errors import InvalidInput, TooLarge

from .entries import as_new, new_entry_id, write

BYTE_LIMIT = 5 * 2**20
ROW_LIMIT = 20_000
COLUMN_LIMIT = 50
UNPACKED_LIMIT = 60 * 2**20
ERROR_LIMIT = 200
_REQUIRED = ("category", "question", "answer")
_NAMES = {
    "id": "id", "编号": "id", "category": "category", "分类": "category", "question": "question", "问题": "question",
    "similar": "similar", "相似问": "similar", "answer": "answer", "答案": "answer", "回答": "answer",
    "locale": "locale", "语言": "locale", "state": "state", "状态": "state",
}  # fmt: skip

# What zip and XML readers say of a file that is not what it claims; broken XML is a SyntaxError to Python.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, LookupError, ValueError, TypeError,
    AttributeError, OSError, SyntaxError,
)  # fmt: skip

Rows = list[tuple[int, dict[str, str]]]


def _decode(raw: bytes) -> str:
    """UTF-8 with or without a mark, UTF-16 by its mark, else GB 18030, which Excel in China still writes."""
    encodings = ["utf-16"] if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise InvalidInput("import.unknown_encoding", field="file")


def _csv_rows(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(_decode(raw), newline=""), strict=True)
    try:
        # Rows as a spreadsheet counts them: a cell with line breaks is still one row.
        yield from enumerate(reader, start=1)
    except csv.Error as error:
        raise InvalidInput("import.broken_csv", field="file", line=reader.line_num, reason=str(error)) from error


def _xlsx_rows(raw: bytes) -> Iterator[tuple[int, list[str]]]:
    # Only when a spreadsheet comes: serving chats needs none of it.
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > UNPACKED_LIMIT:
            raise TooLarge("import.unpacks_too_large", field="file", limit=UNPACKED_LIMIT)
        book = load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        # A single cell in the far corner would unroll into a million rows of sixteen thousand columns.
        for number, cells in enumerate(sheet.iter_rows(values_only=True, max_col=COLUMN_LIMIT), start=1):
            if number > 2 * ROW_LIMIT:
                raise TooLarge("import.too_many_rows", field="file", limit=ROW_LIMIT)
            yield number, ["" if cell is None else str(cell) for cell in cells]
    except _UNREADABLE as error:
        raise InvalidInput("import.broken_xlsx", field="file") from error
    except InvalidFileException as error:
        raise InvalidInput("import.broken_xlsx", field="file") from error


def read_rows(raw: bytes) -> Rows:
    """The file's rows by column name; refuses what is too large, unreadable or lacks a column."""
    if len(raw) > BYTE_LIMIT:
        raise TooLarge("import.too_large", field="file", limit=BYTE_LIMIT)
    if not raw.strip():
        raise InvalidInput("import.empty", field="file")
    if raw[:8] == bytes.fromhex("d0cf11e0a1b11ae1"):
        raise InvalidInput("import.encrypted_or_old_excel", field="file")
    lines = _xlsx_rows(raw) if raw[:2] == b"PK" else _csv_rows(raw)
    header: list[str] | None = None
    rows: Rows = []
    for number, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _read_header(cells)
            continue
        if len(rows) >= ROW_LIMIT:
            raise TooLarge("import.too_many_rows", field="file", limit=ROW_LIMIT)
        rows.append(
            (number, {name: rules.unquote_cell(cell) for name, cell in zip(header, cells, strict=False) if name})
        )
    if not rows:
        raise InvalidInput("import.empty", field="file")
    return rows


def _read_header(cells: list[str]) -> list[str]:
    header = [_NAMES.get(cell.strip().lower(), "") for cell in cells]
    for name in _REQUIRED:
        if name not in header:
            raise InvalidInput("import.missing_column", field="file", column=name, row=1)
    return header


def _read_draft(cells: dict[str, str]) -> EntryDraft:
    locale = cells.get("locale", "").strip() or "zh-CN"
    similar = [part for line in cells.get("similar", "").split("\n") for part in line.split("|")]
    content = {locale: LocaleContent(cells.get("question", ""), similar, cells.get("answer", ""))}
    state = cells.get("state", "").strip() or "published"
    return rules.check_draft(EntryDraft(cells.get("category", "").strip(), state, content))


class _Plan:
    """What an import would write: drafts by entry id, with the rows that were wrong."""

    def __init__(self) -> None:
        self.drafts: dict[str, EntryDraft] = {}
        self.errors: list[RowError] = []

    def fail(self, row: int, error: InvalidInput) -> None:
        field = str(error.params.get("field", ""))
        column = field.rsplit(".", 1)[-1] if field.startswith("content.") else field
        if len(self.errors) < ERROR_LIMIT:
            self.errors.append(RowError(row, column, error.code, "", dict(error.params)))

    def add(self, row: int, cells: dict[str, str]) -> None:
        entry_id = cells.get("id", "").strip() or new_entry_id()
        try:
            if not all(c.isalnum() or c in "._-" for c in entry_id) or len(entry_id) > 100:
                raise InvalidInput("import.invalid_id", field="id")
            draft = _read_draft(cells)
            before = self.drafts.get(entry_id)
            if before is not None and set(before.content) & set(draft.content):
                raise InvalidInput("import.duplicate_row", field="id", value=entry_id)
        except InvalidInput as error:
            self.fail(row, error)
            return
        content = {**(before.content if before else {}), **draft.content}
        self.drafts[entry_id] = msgspec.structs.replace(draft, content=content)


def _merge(plan: _Plan, held: dict[str, EntryRow]) -> tuple[list[NewEntry], int, int]:
    """What really changes: other languages of an entry stay, and an equal row is no change."""
    writes, updated, unchanged = [], 0, 0
    for entry_id, draft in plan.drafts.items():
        row = held.get(entry_id)
        if row is not None:
            kept = msgspec.convert(row.content, dict[str, LocaleContent])
            merged = msgspec.structs.replace(
                draft, content={**kept, **draft.content}, hot=row.hot, intent=row.intent, related=row.related
            )
            same = msgspec.to_builtins(merged.content) == row.content
            if same and (merged.category, merged.state) == (row.category, row.state):
                unchanged += 1
                continue
            updated += 1
            writes.append(as_new(entry_id, merged))
            continue
        writes.append(as_new(entry_id, draft))
    return writes, updated, unchanged


async def import_entries(backend: Backend, staff: Staff, raw: bytes, *, dry_run: bool) -> ImportReport:
    """Import a file; with a wrong row nothing is written, and every wrong row is named (up to 200)."""
    identity_rules.check_permission(staff, identity_rules.KNOWLEDGE_EDIT)
    rows = await asyncio.to_thread(read_rows, raw)
    plan = _Plan()
    for number, cells in rows:
        plan.add(number, cells)
    async with backend.db.transaction() as work:
        held = await store.lock(work, staff.shop_id, list(plan.drafts))
        writes, updated, unchanged = _merge(plan, held)
        report = ImportReport(
            rows=len(rows), created=len(writes) - updated, updated=updated, unchanged=unchanged, errors=plan.errors,
            dry_run=dry_run,
        )  # fmt: skip
        if plan.errors or dry_run or not writes:
            return report
        await write(work, staff.shop_id, writes, by=staff.staff_id, by_name=staff.name)
        await record_deed(
            work, staff.shop_id, "knowledge.imported", actor_kind="staff", actor_id=staff.staff_id,
            object_kind="knowledge_entry", object_id="*", created=report.created, updated=report.updated,
        )  # fmt: skip
    return report
