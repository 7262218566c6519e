"""Every error of the code has a text in every catalogue, and a text uses only what the code gives it."""

from __future__ import annotations

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import xiaoer
from xiaoer.kit.i18n import fill

SOURCE = Path(xiaoer.__file__).parent
LOCALES = SOURCE / "kit" / "locales"
NAMES = ("zh-CN", "en")
# Of these modules every `noun.problem` string is a code, also where no error class is around it.
EDGES = ("application/http/errors.py",)

_CODE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Site:
    """A place that makes an error; `params` is None where they are not all literal keywords."""

    place: str
    made: str
    code: str
    params: frozenset[str] | None


@cache
def read_trees() -> dict[Path, ast.Module]:
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(SOURCE.rglob("*.py"))}


def _name(node: ast.expr) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


@cache
def find_family() -> frozenset[str]:
    """XiaoerError and everything that descends from it, by class name."""
    nodes = [node for tree in read_trees().values() for node in ast.walk(tree)]
    classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
    family = {"XiaoerError"}
    while True:
        found = {node.name for node in classes if any(_name(base) in family for base in node.bases)}
        if found <= family:
            return frozenset(family)
        family |= found


def _codes(node: ast.expr) -> Iterator[str | None]:
    """The literal codes an expression can be; None for one that cannot be told."""
    if isinstance(node, ast.IfExp):
        yield from _codes(node.body)
        yield from _codes(node.orelse)
    else:
        yield node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


@cache
def find_sites() -> list[Site]:
    sites = []
    for path, tree in read_trees().items():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and _name(node.func) in find_family()):
                continue
            place = f"{path.relative_to(SOURCE)}:{node.lineno}"
            names = [keyword.arg for keyword in node.keywords]
            params = None if None in names else frozenset(name for name in names if name)
            codes = list(_codes(node.args[0])) if node.args else [None]
            sites += [Site(place, _name(node.func), code or "", params) for code in codes]
    return sites


def find_edge_codes() -> set[str]:
    trees = [read_trees()[SOURCE / edge] for edge in EDGES]
    texts = [node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    codes = {text for text in texts if isinstance(text, str) and _CODE.fullmatch(text)}
    return {code for code in codes if not code.startswith("xiaoer.")}  # Those are loggers.


@cache
def load(locale: str) -> dict[str, str]:
    """A catalogue as it stands in the file; a key that stands there twice is refused."""

    def unique(pairs: list[tuple[str, str]]) -> dict[str, str]:
        keys = [key for key, _ in pairs]
        assert len(keys) == len(set(keys)), f"{locale}.json: a key stands twice"
        return dict(pairs)

    raw = (LOCALES / f"{locale}.json").read_text("utf-8")
    texts: dict[str, str] = json.loads(raw, object_pairs_hook=unique)
    return texts


def slots(text: str) -> set[str]:
    return set(_SLOT.findall(text))


def test_errors_are_made_with_literal_codes() -> None:
    """The base class itself may pass on what another process answered."""
    unclear = [site for site in find_sites() if not _CODE.fullmatch(site.code) and site.made != "XiaoerError"]
    assert not unclear, "write the code out where the error is made, so that it can be found and translated"


def test_the_scan_sees_the_code() -> None:
    codes = {site.code for site in find_sites()}
    assert {"message.too_long", "conversation.already_taken", "postgres.other_major"} <= codes
    assert {"server.failed", "path.not_found", "request.invalid"} <= find_edge_codes()


@pytest.mark.parametrize("locale", NAMES)
def test_every_code_has_a_text(locale: str) -> None:
    places = defaultdict(list)
    for site in find_sites():
        if site.code:
            places[site.code].append(site.place)
    for code in find_edge_codes():
        places[code].append(EDGES[0])
    missing = {code: where for code, where in places.items() if code not in load(locale)}
    assert not missing, f"add these to src/xiaoer/kit/locales/{locale}.json"


@pytest.mark.parametrize("locale", NAMES)
def test_no_text_is_left_over(locale: str) -> None:
    used = {site.code for site in find_sites()} | find_edge_codes()
    assert set(load(locale)) <= used, "no code of these is made any more"


def test_there_is_a_catalogue_for_every_locale_and_no_other() -> None:
    assert {path.stem for path in LOCALES.glob("*.json")} == set(NAMES)


def test_catalogues_have_the_same_keys_in_order() -> None:
    assert list(load("zh-CN")) == list(load("en")) == sorted(load("en"))


@pytest.mark.parametrize("code", sorted(load("zh-CN")))
def test_texts_have_the_same_slots(code: str) -> None:
    assert slots(load("zh-CN")[code]) == slots(load("en")[code])


def test_slots_are_among_the_params_of_every_place() -> None:
    wrong = [
        f"{site.place}: {site.code} is made without {', '.join(sorted(lacking))}"
        for site in find_sites()
        if site.params is not None and (lacking := slots(load("en").get(site.code, "")) - site.params)
    ]
    assert not wrong


def test_codes_of_the_edge_need_no_params() -> None:
    assert not {code for code in find_edge_codes() if slots(load("en")[code])}


@pytest.mark.parametrize("locale", NAMES)
def test_texts_are_sentences(locale: str) -> None:
    ends = ("。", "！", "}") if locale == "zh-CN" else (".", "!", "}")
    texts = load(locale)
    assert not [code for code, text in texts.items() if text != text.strip() or not text.endswith(ends)]


def test_chinese_texts_are_chinese_and_english_ones_are_not() -> None:
    assert not [code for code, text in load("zh-CN").items() if not re.search("[一-鿿]", text)]
    assert not [code for code, text in load("en").items() if re.search("[一-鿿，。：！]", text)]


def test_a_text_is_whole_once_filled() -> None:
    filled = fill(load("zh-CN")["message.too_long"], {"field": "content.text", "limit": 2000, "length": 2345})
    assert filled == "内容太长了（2345 字），最多 2000 字，请分几条发送。"


@pytest.mark.parametrize("locale", NAMES)
def test_limits_spelled_out_in_texts_are_those_of_the_code(locale: str) -> None:
    """Where a number would read badly as it is passed (bytes, seconds), the text spells it out."""
    from xiaoer.business.conversation.actions import attachments
    from xiaoer.business.customer import rules as customer_rules
    from xiaoer.business.identity import actions as identity
    from xiaoer.business.identity.rules import PERMISSIONS
    from xiaoer.business.knowledge import rules as knowledge_rules
    from xiaoer.business.knowledge.actions import imports
    from xiaoer.business.shop.rules import LOCALES as SPOKEN
    from xiaoer.data.blobs import MAX_BYTES

    texts = load(locale)
    assert f"{attachments.BYTE_LIMIT // 2**20} MB" in texts["attachment.too_large"]
    assert f"{MAX_BYTES // 2**20} MB" in texts["blob.too_large"]
    assert f"{imports.BYTE_LIMIT // 2**20} MB" in texts["import.too_large"]
    assert f"{imports.UNPACKED_LIMIT // 2**20} MB" in texts["import.unpacks_too_large"]
    unit, word = (10**4, "万") if locale == "zh-CN" else (10**6, "million")
    assert f"{attachments.PIXEL_LIMIT // unit} {word}" in texts["attachment.too_many_pixels"]
    assert f" {customer_rules.MAX_LIFE_SECONDS // 3600} " in texts["identity.lives_too_long"]
    assert f" {int(identity._GUESS_WINDOW.total_seconds()) // 60} " in texts["session.too_many_attempts"]
    assert f" {knowledge_rules.SIMILAR_LIMIT} " in texts["knowledge.similar_length"]
    for name in (*knowledge_rules.STATES,):
        assert name in texts["knowledge.unknown_state"]
    for name in SPOKEN:
        assert name in texts["locale.unknown"]
    for name in PERMISSIONS:
        assert name in texts["staff.unknown_role"]
