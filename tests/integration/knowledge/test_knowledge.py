"""Knowledge on the running application: versions, live search, and imports that are written whole or not at all."""

from __future__ import annotations

import csv
import io
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from openpyxl import Workbook
from stage import Branch, Stage

HEADER = "id,category,question,similar,answer,locale,state"


@pytest.fixture(scope="module")
def branch(stage: Stage) -> Branch:
    return stage.open_branch("knowledge")


@pytest.fixture
def editor(stage: Stage, branch: Branch) -> Iterator[httpx2.Client]:
    with stage.client(branch.people["editor"].token, **{"Accept-Language": "en"}) as client:
        yield client


def draft(question: str, answer: str = "答案。", *, state: str = "published", **more: Any) -> dict[str, Any]:
    content = {"zh-CN": {"question": question, "similar": [], "answer": answer}}
    return {"category": "product", "state": state, "content": content} | more


def create(editor: httpx2.Client, question: str, answer: str = "答案。", **more: Any) -> dict[str, Any]:
    response = editor.post("/knowledge/entries", json=draft(question, answer, **more))
    assert response.status_code == 201, response.text
    return dict(response.json())


def bot_says(editor: httpx2.Client, text: str) -> str | None:
    answer = editor.post("/knowledge/test", json={"text": text}).json()["answer"]
    return None if answer is None else str(answer)


def wait_until_bot_says(editor: httpx2.Client, text: str, wanted: str, *, no_more: bool = False) -> float:
    started = time.monotonic()
    while (bot_says(editor, text) == wanted) is no_more:
        assert time.monotonic() - started < 5, f"the bot still says {bot_says(editor, text)!r}"
        time.sleep(0.02)
    return time.monotonic() - started


# --- entries ------------------------------------------------------------------------------------------------


def test_an_edit_is_live_within_a_second(editor: httpx2.Client) -> None:
    question = "蓝鲸玩偶的眼睛会发光吗？"
    entry = create(editor, question, "会发光。")
    path = f"/knowledge/entries/{entry['entry_id']}"
    assert wait_until_bot_says(editor, question, "会发光。") < 1
    assert editor.put(path, json=draft(question, "不会发光。", version=1)).status_code == 200
    assert wait_until_bot_says(editor, question, "不会发光。") < 1
    assert editor.delete(path).json()["state"] == "archived"
    assert wait_until_bot_says(editor, question, "不会发光。", no_more=True) < 1
    assert editor.post(f"{path}/restore", json={"version": 1}).json()["version"] == 4
    assert wait_until_bot_says(editor, question, "会发光。") < 1


def test_a_draft_is_not_said(editor: httpx2.Client) -> None:
    question = "紫砂火锅可以放进烤箱吗？"
    create(editor, question, "草稿答案。", state="draft")
    time.sleep(0.7)
    assert bot_says(editor, question) != "草稿答案。"


def test_versions_tell_who_and_what(editor: httpx2.Client, branch: Branch) -> None:
    entry = create(editor, "版本一？")
    path = f"/knowledge/entries/{entry['entry_id']}"
    editor.put(path, json=draft("版本二？", version=1))
    versions = editor.get(f"{path}/versions").json()["items"]
    assert [one["version"] for one in versions] == [2, 1]
    assert {one["changed_by_name"] for one in versions} == {branch.people["editor"].name}
    assert versions[1]["snapshot"]["content"]["zh-CN"]["question"] == "版本一？"
    assert editor.post(f"{path}/restore", json={"version": 9}).status_code == 404


def test_a_change_made_meanwhile_is_not_overwritten(editor: httpx2.Client) -> None:
    entry = create(editor, "谁先改？")
    path = f"/knowledge/entries/{entry['entry_id']}"

    def change(n: int) -> int:
        return editor.put(path, json=draft("谁先改？", f"第{n}个人。", version=1)).status_code

    with ThreadPoolExecutor(5) as pool:
        statuses = sorted(pool.map(change, range(5)))
    assert statuses == [200, 409, 409, 409, 409]
    refused = editor.put(path, json=draft("谁先改？", version=1)).json()
    assert (refused["code"], refused["params"]["version"]) == ("knowledge.changed_meanwhile", 2)
    assert len(editor.get(f"{path}/versions").json()["items"]) == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"category": ""}, "category"),
        ({"category": "=cmd"}, "category"),
        ({"state": "public"}, "state"),
        ({"content": {}}, "content"),
        ({"content": {"tlh": {"question": "a", "similar": [], "answer": "b"}}}, "content.tlh.locale"),
        ({"content": {"zh-CN": {"question": " ", "similar": [], "answer": "b"}}}, "content.zh-CN.question"),
        ({"content": {"zh-CN": {"question": "问" * 201, "similar": [], "answer": "b"}}}, "content.zh-CN.question"),
        ({"content": {"zh-CN": {"question": "a", "similar": [], "answer": "答" * 5001}}}, "content.zh-CN.answer"),
        ({"content": {"zh-CN": {"question": "a", "similar": ["问" * 201], "answer": "b"}}}, "content.zh-CN.similar"),
        ({"hot": 0}, "hot"),
        ({"related": ["x"] * 11}, "related"),
    ],
)
def test_a_wrong_draft_is_named_by_field(editor: httpx2.Client, change: dict[str, Any], field: str) -> None:
    response = editor.post("/knowledge/entries", json=draft("好好的？") | change)
    assert response.status_code == 400
    assert response.json()["params"]["field"] == field


def test_pages_meet_every_entry_once(editor: httpx2.Client) -> None:
    for n in range(7):
        create(editor, f"翻页专用问题{n}？")
    found: list[str] = []
    wanted: dict[str, Any] = {"q": "翻页专用", "limit": 3}
    while True:
        page = editor.get("/knowledge/entries", params=wanted).json()
        found += [one["question"] for one in page["items"]]
        assert page["total"] == 7
        if not page["next_cursor"]:
            break
        wanted["cursor"] = page["next_cursor"]
    assert sorted(found) == sorted({f"翻页专用问题{n}？" for n in range(7)})
    assert editor.get("/knowledge/entries", params={"q": "%_%"}).json()["total"] == 0
    assert editor.get("/knowledge/entries", params={"cursor": "nonsense"}).status_code == 400


# --- imports ------------------------------------------------------------------------------------------------


def send(editor: httpx2.Client, raw: bytes, *, dry_run: bool = False, name: str = "k.csv") -> httpx2.Response:
    path = f"/knowledge/import?dry_run={'true' if dry_run else 'false'}"
    return editor.post(path, files={"file": (name, raw, "application/octet-stream")})


def count(editor: httpx2.Client, words: str) -> int:
    return int(editor.get("/knowledge/entries", params={"q": words}).json()["total"])


def a_csv(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows]) + "\n"


def a_workbook(*rows: list[Any]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in (HEADER.split(","), *rows):
        book.active.append(row)
    book.save(out)
    book.close()
    return out.getvalue()


ENCODINGS = {
    "UTF-8": lambda text: text.encode(),
    "UTF-8 with a mark": lambda text: text.encode("utf-8-sig"),
    "GBK": lambda text: text.encode("gbk"),
    "GB 18030": lambda text: text.encode("gb18030"),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16 big-endian": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_import_in_any_encoding(editor: httpx2.Client, encoding: str) -> None:
    word = f"编码{list(ENCODINGS).index(encoding)}号"
    text = a_csv(f',product,{word}问题？,"{word}甲|{word}乙",{word}答案，带逗号。'.replace("答案，", "答案"))
    text = text.rstrip("\n") + ",zh-CN,published\n"
    dry = send(editor, ENCODINGS[encoding](text), dry_run=True).json()
    assert (dry["created"], dry["errors"], dry["dry_run"], count(editor, word)) == (1, [], True, 0)
    assert send(editor, ENCODINGS[encoding](text)).json()["created"] == 1
    (entry,) = editor.get("/knowledge/entries", params={"q": word}).json()["items"]
    assert (entry["question"], entry["similar_count"], entry["state"]) == (f"{word}问题？", 2, "published")


def test_an_import_from_a_spreadsheet_with_chinese_headers(editor: httpx2.Client) -> None:
    book, out = Workbook(), io.BytesIO()
    book.active.append(["分类", "问题", "相似问", "答案", "备注"])
    book.active.append(["product", "表格问题？", "表格甲\n表格乙", 42, "不读的列"])
    book.save(out)
    book.close()
    report = send(editor, out.getvalue(), name="k.xlsx").json()
    assert (report["rows"], report["created"], report["errors"]) == (1, 1, [])
    assert count(editor, "表格问题") == 1


def test_wrong_rows_are_named_and_nothing_is_written(editor: httpx2.Client) -> None:
    text = a_csv(
        ',product,错行好问题？,"多行\n相似\n问题",好答案。,zh-CN,published',
        ",product,,甲,没有问题的答案。,zh-CN,published",
        ",product,没有答案？,,,zh-CN,published",
        ",product,语言不对？,,答案。,xx,published",
        ",product,状态不对？,,答案。,zh-CN,online",
        ",=bad,分类不对？,,答案。,zh-CN,published",
        "bad id!,product,编号不对？,,答案。,zh-CN,published",
        "own.x,product,重复一？,,答案。,zh-CN,published",
        "own.x,product,重复二？,,答案。,zh-CN,published",
    )
    for dry_run in (True, False):
        report = send(editor, text.encode(), dry_run=dry_run).json()
        # Rows as a spreadsheet shows them: the cell of three lines above is one row.
        assert [(one["row"], one["column"]) for one in report["errors"]] == [
            (3, "question"), (4, "answer"), (5, "locale"), (6, "state"), (7, "category"), (8, "id"), (10, "id"),
        ]  # fmt: skip
        assert all(one["message"] and one["code"] for one in report["errors"])
        assert count(editor, "错行好问题") == 0


def test_many_wrong_rows_are_named_up_to_a_limit(editor: httpx2.Client) -> None:
    report = send(editor, a_csv(*[",product,,,,," for _ in range(1000)]).encode()).json()
    assert (report["rows"], len(report["errors"])) == (1000, 200)


def test_an_import_again_changes_nothing_and_a_changed_row_one_entry(editor: httpx2.Client) -> None:
    rows = [f"own.again{n},product,再来{n}？,,答案{n}。,zh-CN,published" for n in range(5)]
    assert send(editor, a_csv(*rows).encode()).json()["created"] == 5
    again = send(editor, a_csv(*rows).encode()).json()
    assert (again["created"], again["updated"], again["unchanged"]) == (0, 0, 5)
    rows[2] = rows[2].replace("答案2", "新答案2")
    changed = send(editor, a_csv(*rows).encode()).json()
    assert (changed["created"], changed["updated"], changed["unchanged"]) == (0, 1, 4)
    assert editor.get("/knowledge/entries/own.again2").json()["version"] == 2


def test_two_languages_of_one_entry(editor: httpx2.Client) -> None:
    rows = [
        "own.two,product,两种语言？,,中文。,zh-CN,published",
        "own.two,product,Two languages?,,English.,en,published",
    ]
    assert send(editor, a_csv(*rows).encode()).json()["created"] == 1
    assert sorted(editor.get("/knowledge/entries/own.two").json()["content"]) == ["en", "zh-CN"]


def a_zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".xml", content)
    return out.getvalue()


def with_sheet(sheet: str) -> bytes:
    """A workbook whose sheet is replaced."""
    source, out = zipfile.ZipFile(io.BytesIO(a_workbook())), io.BytesIO()
    with source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for item in source.infolist():
            is_sheet = item.filename == "xl/worksheets/sheet1.xml"
            archive.writestr(item.filename, sheet if is_sheet else source.read(item))
    return out.getvalue()


_SHEET = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}</worksheet>'
_CORNER = '<dimension ref="A1:XFD1048576"/><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
_LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
BROKEN: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "import.empty"),
    "blanks": (b" \n \n", "import.empty"),
    "only a header": (a_csv().encode(), "import.empty"),
    "an empty workbook": (a_workbook(), "import.empty"),
    "no question": (a_csv("product,x", header="category,answer").encode(), "import.missing_column"),
    "no header": (a_csv("x", header="product,甲？,乙。").encode(), "import.missing_column"),
    "an open quotation": (a_csv(',product,"没关上的引号').encode(), "import.broken_csv"),
    "not a text": (b"\x89PNG\r\n\x1a\n\x81\x30\x81", "import.unknown_encoding"),
    "old or encrypted Excel": (bytes.fromhex("d0cf11e0a1b11ae1") + bytes(512), "import.encrypted_or_old_excel"),
    "a zip that is none": (b"PK\x03\x04" + b"x" * 200, "import.broken_xlsx"),
    "a zip without a workbook": (a_zip(hello=b"<a/>"), "import.broken_xlsx"),
    "half a workbook": (a_workbook(["", "product", "a", "", "b"])[:-300], "import.broken_xlsx"),
    "a broken sheet": (with_sheet("<worksheet><row"), "import.broken_xlsx"),
    "a sheet of another kind": (with_sheet("<a/>"), "import.empty"),
    "a cell that is no number": (
        with_sheet(_SHEET.format('<sheetData><row r="1"><c r="A1" t="s"><v>99</v></c></row></sheetData>')),
        "import.broken_xlsx",
    ),
    "a bomb": (a_zip(xl__workbook=b"0" * (61 * 2**20)), "import.unpacks_too_large"),
    "a billion laughs": (
        with_sheet(f'<!DOCTYPE w [<!ENTITY l0 "ha">{_LAUGHS}]>' + _SHEET.format("<sheetData>&l9;</sheetData>")),
        "import.broken_xlsx",
    ),
    "a cell in the far corner": (with_sheet(_SHEET.format(_CORNER)), "import.too_many_rows"),
    "more than 5 MB": (a_csv("长" * (2 * 2**20)).encode(), "import.too_large"),
    "too many rows": (a_csv(*["," * 6 + "x" for _ in range(20_001)]).encode(), "import.too_many_rows"),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_file_is_named(editor: httpx2.Client, kind: str) -> None:
    raw, code = BROKEN[kind]
    started = time.monotonic()
    response = send(editor, raw)
    assert time.monotonic() - started < 5
    assert response.status_code in (400, 413), response.text
    body = response.json()
    assert (body["code"], body["params"]["field"]) == (code, "file")
    assert "{" not in body["message"]


def test_two_thousand_rows_are_taken_in_one_go(stage: Stage) -> None:
    branch = stage.open_branch("large")
    rows = [f",product,大文件问题{n}？,,大文件答案{n}。,zh-CN,draft" for n in range(2_000)]
    with stage.client(branch.people["editor"].token) as editor:
        assert send(editor, a_csv(*rows).encode()).json()["created"] == 2_000
        assert count(editor, "大文件问题") == 2_000


# --- exports ------------------------------------------------------------------------------------------------

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://evil.example")', "'=1", "-- 破折号"]


def test_no_cell_of_an_export_runs_as_a_formula_and_all_come_back_as_they_were(editor: httpx2.Client) -> None:
    entries = [create(editor, text, text) for text in FORMULAS]
    exported = editor.get("/knowledge/export")
    assert exported.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in exported.headers["content-disposition"]
    text = exported.content.decode("utf-8-sig")
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    before = [editor.get(f"/knowledge/entries/{one['entry_id']}").json() for one in entries]
    report = send(editor, exported.content).json()
    assert (report["created"], report["updated"], report["errors"]) == (0, 0, [])
    assert [editor.get(f"/knowledge/entries/{one['entry_id']}").json() for one in entries] == before


def test_the_template_can_be_imported(editor: httpx2.Client) -> None:
    report = send(editor, editor.get("/knowledge/template").content, dry_run=True).json()
    assert (report["created"], report["errors"]) == (1, [])
