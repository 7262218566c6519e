"""Files from strangers: taken by what they are, drawn anew, given only to those who may see them, never as a page."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from uuid import uuid4

import httpx2
import pytest
from PIL import Image
from stage import Shopper, Stage, a_picture, client_id

OFFICE = "application/vnd.openxmlformats-officedocument."


@pytest.fixture
def who(stage: Stage) -> Shopper:
    return stage.visitor(stage.a)


@pytest.fixture
def widget(stage: Stage, who: Shopper) -> Iterator[httpx2.Client]:
    with stage.client(who.token) as client:
        yield client


def upload(client: httpx2.Client, raw: bytes, name: str = "a.png", mime: str = "image/png") -> httpx2.Response:
    return client.post("/visitor/attachments", files={"file": (name, raw, mime)})


def a_zip(**files: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml").replace("_bin", ".bin"), text)
    return out.getvalue()


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that promise that many pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"\x00" * 1000)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + png_chunk(b"IDAT", pixels) + png_chunk(b"IEND", b"")


def gif_that_claims(width: int, height: int) -> bytes:
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0, 0, 0) + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x00;"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
REFUSED: dict[str, tuple[bytes, str, str]] = {
    "nothing": (b"", "a.png", "attachment.empty"),
    "SVG": (SVG, "a.svg", "attachment.type_not_allowed"),
    "SVG as PNG": (SVG, "a.png", "attachment.type_not_allowed"),
    "SVG as text": (SVG, "a.txt", "attachment.type_not_allowed"),
    "XML": (b"<?xml version='1.0'?><a/>", "a.txt", "attachment.type_not_allowed"),
    "HTML": (HTML, "a.html", "attachment.type_not_allowed"),
    "HTML as PNG": (HTML, "a.png", "attachment.type_not_allowed"),
    "HTML as text": (HTML, "a.txt", "attachment.type_not_allowed"),
    "HTML with a mark": (b"\xef\xbb\xbf  <HTML>", "a.csv", "attachment.type_not_allowed"),
    "a script": (b"alert(1)", "a.js", "attachment.type_not_allowed"),
    "a shell script": (b"#!/bin/sh\nrm -rf /", "a.sh", "attachment.type_not_allowed"),
    "an executable": (b"MZ\x90\x00" + bytes(200), "a.exe", "attachment.type_not_allowed"),
    "an executable as text": (b"MZ\x90\x00" + bytes(200), "a.txt", "attachment.type_not_allowed"),
    "ELF": (b"\x7fELF" + bytes(200), "a.pdf", "attachment.type_not_allowed"),
    "a plain zip": (a_zip(hello="a"), "a.zip", "attachment.type_not_allowed"),
    "a zip as a document": (a_zip(hello="a"), "a.docx", "attachment.type_not_allowed"),
    "a document with macros": (
        a_zip(word__document_xml="<w/>", word__vbaProject_bin="x"), "a.docm", "attachment.type_not_allowed",
    ),
    "a broken zip": (b"PK\x03\x04" + b"x" * 100, "a.docx", "attachment.type_not_allowed"),
    "a PNG cut short": (a_picture(size=(300, 300))[:60], "a.png", "attachment.broken_picture"),
    "a PNG head only": (b"\x89PNG\r\n\x1a\n", "a.png", "attachment.broken_picture"),
    "a JPEG head only": (b"\xff\xd8\xff\xe0" + bytes(50), "a.jpg", "attachment.broken_picture"),
    "a WebP head only": (b"RIFF\x20\x00\x00\x00WEBPVP8 " + bytes(20), "a.webp", "attachment.broken_picture"),
    "a PNG of 900 million pixels": (png_that_claims(30_000, 30_000), "a.png", "attachment.too_many_pixels"),
    "a PNG of 36 million pixels": (png_that_claims(6_000, 6_000), "a.png", "attachment.too_many_pixels"),
    "a GIF of four billion pixels": (gif_that_claims(65_535, 65_535), "a.gif", "attachment.too_many_pixels"),
    "an animation of endless frames": (b"GIF89a" + bytes(7), "a.gif", "attachment.broken_picture"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_a_bad_file_is_refused_with_a_reason(stage: Stage, widget: httpx2.Client, kind: str) -> None:
    raw, name, code = REFUSED[kind]
    before = stage.sql("SELECT count(*) AS n FROM blob")[0]["n"]
    started = time.monotonic()
    response = upload(widget, raw, name)
    assert time.monotonic() - started < 2
    body = response.json()
    codes = {code} | ({"attachment.broken_picture"} if code == "attachment.too_many_pixels" else set())
    assert response.status_code == 400, body
    assert body["code"] in codes
    assert body["params"]["field"] == "file"
    assert body["message"]
    assert stage.sql("SELECT count(*) AS n FROM blob")[0]["n"] == before


@pytest.mark.parametrize("size", [10 * 2**20 + 1, 13 * 2**20])
def test_an_oversized_file_is_refused(widget: httpx2.Client, size: int) -> None:
    response = upload(widget, b"a" * size, "a.txt", "text/plain")
    assert response.status_code == 413
    assert response.json()["code"] in ("attachment.too_large", "request.too_large")


def test_a_form_without_a_file_is_refused(widget: httpx2.Client) -> None:
    assert widget.post("/visitor/attachments", files={"other": ("a", b"a")}).status_code == 400
    assert widget.post("/visitor/attachments", data={"file": "text"}).status_code == 400
    broken = {"Content-Type": "multipart/form-data"}
    assert widget.post("/visitor/attachments", content=b"--x\r\n", headers=broken).status_code == 400


def give(client: httpx2.Client, response: httpx2.Response) -> httpx2.Response:
    assert response.status_code == 201, response.text
    return client.get(f"/visitor/attachments/{response.json()['attachment_id']}")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_is_drawn_anew(widget: httpx2.Client, kind: str) -> None:
    response = upload(widget, a_picture(kind, (40, 30)), "假名字.exe", "application/x-msdownload")
    body = response.json()
    assert (body["width"], body["height"]) == (40, 30)
    given = give(widget, response)
    assert given.headers["content-type"] == body["mime"]
    with Image.open(io.BytesIO(given.content)) as picture:
        assert picture.size == (40, 30)
        assert f"image/{str(picture.format).lower()}" == body["mime"]
    assert len(given.content) == body["bytes"]


def test_what_rides_along_stays_behind(widget: httpx2.Client) -> None:
    """EXIF with a place, comments, and a page or an archive appended to the picture."""
    exif = Image.Exif()
    exif[0x010E] = "my secret address"
    exif.get_ifd(0x8825).update({1: "N", 2: (30.0, 15.0, 0.0)})
    for rider in (b"", HTML, a_zip(word__document_xml="<script>alert(1)</script>")):
        raw = a_picture("JPEG", (20, 10), exif=exif, comment=b"my secret comment") + rider
        given = give(widget, upload(widget, raw, "a.jpg"))
        assert b"secret" not in given.content
        assert b"script" not in given.content
        assert b"PK\x03\x04" not in given.content
        with Image.open(io.BytesIO(given.content)) as picture:
            assert not dict(picture.getexif())


def test_a_turned_picture_is_upright(widget: httpx2.Client) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    body = upload(widget, a_picture("JPEG", (40, 20), exif=exif), "a.jpg").json()
    assert (body["width"], body["height"]) == (20, 40)


def test_a_large_picture_is_made_smaller(widget: httpx2.Client) -> None:
    body = upload(widget, a_picture("JPEG", (4_000, 1_000)), "a.jpg").json()
    assert (body["width"], body["height"]) == (2_048, 512)


FILES = {
    "a.pdf": (b"%PDF-1.7\n%x", "application/pdf"),
    "a.docx": (a_zip(word__document_xml="<w/>"), f"{OFFICE}wordprocessingml.document"),
    "a.xlsx": (a_zip(xl__workbook_xml="<w/>"), f"{OFFICE}spreadsheetml.sheet"),
    "a.txt": ("你好\n第二行".encode(), "text/plain"),
    "a.csv": (b"a,b\n1,2\n", "text/csv"),
    # Markup further on is text like any other: what makes it harmless is how it is given.
    "markup.txt": (b"<!-- x --><svg onload=alert(1)>", "text/plain"),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_given_as_a_download_in_a_sandbox(widget: httpx2.Client, name: str) -> None:
    raw, mime = FILES[name]
    given = give(widget, upload(widget, raw, name, "text/html"))
    assert given.content == raw
    assert given.headers["content-type"].partition(";")[0] == mime
    assert given.headers["content-disposition"].startswith("attachment;")
    assert given.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert given.headers["x-content-type-options"] == "nosniff"
    assert given.headers["cache-control"].startswith("private")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\me\\清单.txt", "清单.txt"),
        ("evil\u202etxt.exe.txt", "eviltxt.exe.txt"),
        ("长" * 300 + ".txt", "长" * 96 + ".txt"),
        ('a";filename=b.txt', 'a";filename=b.txt'),
    ],
)
def test_a_name_is_cleaned(widget: httpx2.Client, given: str, kept: str) -> None:
    response = upload(widget, b"hello", given, "text/plain")
    assert response.json()["name"] == kept
    disposition = give(widget, response).headers["content-disposition"]
    assert disposition.count(";") == 1
    assert "\r" not in disposition


def test_foreign_files_are_like_missing_ones(stage: Stage, widget: httpx2.Client) -> None:
    missing = widget.get(f"/visitor/attachments/{uuid4()}")
    other = stage.visitor(stage.a)
    with stage.client(other.token) as client:
        theirs = upload(client, a_picture()).json()["attachment_id"]
    for foreign in (theirs, stage.b.own_file, stage.a.staff_file, stage.b.staff_file):
        response = widget.get(f"/visitor/attachments/{foreign}")
        assert (response.status_code, response.json()) == (404, missing.json())
        body = {"client_id": client_id(), "content": {"type": "image", "attachment_id": str(foreign)}}
        sent = widget.post("/visitor/messages", json=body)
        assert (sent.status_code, sent.json()["code"]) == (404, "attachment.not_found")
    with stage.client(stage.b.people["agent"].token) as client:
        assert client.get(f"/attachments/{theirs}").status_code == 404


def test_a_file_reaches_the_other_side_only_through_a_message(
    stage: Stage, who: Shopper, widget: httpx2.Client
) -> None:
    """Staff's picture is the shopper's to see once it stands in a message of theirs, and not in a note or before."""
    agent = stage.hire(stage.a)
    conversation = stage.say(who, "转人工")["conversation_id"]
    with stage.client(agent.token) as desk:
        assert desk.post(f"/conversations/{conversation}/take-over").status_code == 200
        uploaded = desk.post("/attachments", files={"file": ("b.png", a_picture(), "image/png")}).json()
        path = f"/visitor/attachments/{uploaded['attachment_id']}"
        assert widget.get(path).status_code == 404
        body = {"client_id": client_id(), "content": {"type": "image", "attachment_id": uploaded["attachment_id"]}}
        refused = desk.post(f"/conversations/{conversation}/messages", json=body | {"is_note": True})
        assert (refused.status_code, refused.json()["code"]) == (400, "note.text_only")
        assert widget.get(path).status_code == 404
        assert desk.post(f"/conversations/{conversation}/messages", json=body).status_code == 200
        assert widget.get(path).status_code == 200
        mine = upload(widget, a_picture(), "c.png").json()["attachment_id"]
        assert desk.get(f"/attachments/{mine}").status_code == 200
        # Staff do not send a shopper's file on as their own.
        stolen = {"client_id": client_id(), "content": {"type": "image", "attachment_id": mine}}
        assert desk.post(f"/conversations/{conversation}/messages", json=stolen).status_code == 404


def test_a_picture_is_no_file_and_a_file_no_picture(widget: httpx2.Client) -> None:
    picture = upload(widget, a_picture()).json()["attachment_id"]
    text = upload(widget, b"hello", "a.txt").json()["attachment_id"]
    for kind, one in (("file", picture), ("image", text)):
        body = {"client_id": client_id(), "content": {"type": kind, "attachment_id": one}}
        response = widget.post("/visitor/messages", json=body)
        assert (response.status_code, response.json()["code"]) == (400, "attachment.wrong_kind")
