"""Knowledge over HTTP: entries, versions, import, export, and the test box."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, Router, delete, get, post, put
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.params import Body, Parameter

from xiaoer.business.identity.types import Staff
from xiaoer.business.knowledge.actions import entries as actions
from xiaoer.business.knowledge.actions import imports
from xiaoer.business.knowledge.queries import entries as queries
from xiaoer.business.knowledge.types import Category, Entry, EntryDraft, EntryPage, ImportReport, VersionView
from xiaoer.business.reply.queries.test_box import TestResult, try_text
from xiaoer.kit.errors import InvalidInput, TooLarge
from xiaoer.kit.i18n import translate

from .errors import RESPONSES, locale_of
from .principals import STAFF_ONLY
from .services import Services


class CategoryList(msgspec.Struct, frozen=True):
    items: list[Category]


class VersionList(msgspec.Struct, frozen=True):
    items: list[VersionView]


class RestoreBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int


class TestBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: Annotated[str, msgspec.Meta(max_length=8000)]
    locale: Annotated[str, msgspec.Meta(max_length=20)] | None = None


class ImportForm(msgspec.Struct):
    file: UploadFile


@get("/knowledge/entries", operation_id="listEntries", responses=RESPONSES)
async def list_entries(
    services: Services, staff: Staff, q: str | None = None, category: str | None = None,
    entry_state: Annotated[str | None, Parameter(query="state")] = None, cursor: str | None = None, limit: int = 50,
) -> EntryPage:  # fmt: skip
    """A page of entries in pinyin order."""
    return await queries.list_entries(
        services.backend, staff, words=q, category=category, state=entry_state, cursor=cursor, limit=limit
    )


@post("/knowledge/entries", operation_id="createEntry", status_code=201, responses=RESPONSES)
async def create_entry(services: Services, staff: Staff, data: EntryDraft) -> Entry:
    """A new entry; in service at once when published."""
    return await actions.save_entry(services.backend, staff, None, data)


@get("/knowledge/entries/{entry_id:str}", operation_id="getEntry", responses=RESPONSES)
async def get_entry(services: Services, staff: Staff, entry_id: str) -> Entry:
    """One entry."""
    return await queries.get_entry(services.backend, staff, entry_id)


@put("/knowledge/entries/{entry_id:str}", operation_id="changeEntry", responses=RESPONSES)
async def change_entry(services: Services, staff: Staff, entry_id: str, data: EntryDraft) -> Entry:
    """Change an entry; 409 when somebody changed it since `version`."""
    return await actions.save_entry(services.backend, staff, entry_id, data)


@delete("/knowledge/entries/{entry_id:str}", operation_id="archiveEntry", status_code=200, responses=RESPONSES)
async def archive_entry(services: Services, staff: Staff, entry_id: str) -> Entry:
    """Take an entry out of service; a version can be restored."""
    return await actions.archive_entry(services.backend, staff, entry_id)


@get("/knowledge/entries/{entry_id:str}/versions", operation_id="listVersions", responses=RESPONSES)
async def list_versions(services: Services, staff: Staff, entry_id: str) -> VersionList:
    """All versions, newest first."""
    return VersionList(await queries.list_versions(services.backend, staff, entry_id))


@post("/knowledge/entries/{entry_id:str}/restore", operation_id="restoreVersion", status_code=200, responses=RESPONSES)
async def restore_version(services: Services, staff: Staff, entry_id: str, data: RestoreBody) -> Entry:
    """Make an old version the newest."""
    return await actions.restore_version(services.backend, staff, entry_id, data.version)


@get("/knowledge/categories", operation_id="listCategories", responses=RESPONSES)
async def list_categories(services: Services, staff: Staff) -> CategoryList:
    """Categories in use, with counts."""
    pack = services.library.models.pack
    names = {one.category: one.name.get(staff.locale) or one.name["zh-CN"] for one in pack.categories}
    return CategoryList(await queries.list_categories(services.backend, staff, names))


@post("/knowledge/import", operation_id="importEntries", status_code=200, responses=RESPONSES)
async def import_entries(
    request: Request[Any, Any, Any],
    services: Services,
    staff: Staff,
    data: Annotated[ImportForm, Body(media_type=RequestEncodingType.MULTI_PART)],
    dry_run: bool = True,
) -> ImportReport:
    """Import CSV or XLSX: checked whole, then written whole; with a wrong row nothing is written."""
    raw = await data.file.read(imports.BYTE_LIMIT + 1)
    if len(raw) > imports.BYTE_LIMIT:
        raise TooLarge("import.too_large", field="file", limit=imports.BYTE_LIMIT)
    if not raw:
        raise InvalidInput("import.empty", field="file")
    report = await imports.import_entries(services.backend, staff, raw, dry_run=dry_run)
    locale = locale_of(request)
    named = [msgspec.structs.replace(one, message=translate(one.code, locale, **one.params)) for one in report.errors]
    return msgspec.structs.replace(report, errors=named)


@get("/knowledge/export", operation_id="exportEntries", responses=RESPONSES, media_type="text/csv")
async def export_entries(services: Services, staff: Staff) -> Response[str]:
    """All entries as CSV, in the form that the import reads."""
    text = await queries.export_entries(services.backend, staff)
    headers = {"Content-Disposition": 'attachment; filename="knowledge.csv"'}
    return Response(text, media_type="text/csv", headers=headers)


@get("/knowledge/template", operation_id="getImportTemplate", responses=RESPONSES, media_type="text/csv")
async def get_template(services: Services, staff: Staff) -> Response[str]:
    """An empty file for the import, with one example row."""
    example = ("", "shipping", "周末发货吗？", "周六能发货吗|礼拜天发不发", "周末照常发货。", "zh-CN", "draft")
    headers = {"Content-Disposition": 'attachment; filename="knowledge-template.csv"'}
    return Response(queries.write_csv([example]), media_type="text/csv", headers=headers)


@post("/knowledge/test", operation_id="tryText", status_code=200, responses=RESPONSES)
async def try_one_text(services: Services, staff: Staff, data: TestBody) -> TestResult:
    """What the bot would make of a sentence, and why."""
    return await try_text(services.backend, services.library, staff, data.text, data.locale)


knowledge_routes = Router(
    "",
    route_handlers=[
        list_entries, create_entry, get_entry, change_entry, archive_entry, list_versions, restore_version,
        list_categories, import_entries, export_entries, get_template, try_one_text,
    ],
    tags=["knowledge"],
    security=STAFF_ONLY,
)  # fmt: skip
