"""Reading packs: what is wrong is said with its place. Building: twice the same bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from xiaoer.intelligence.packs.build import build_pack
from xiaoer.intelligence.packs.check import check_pack, trigram_jaccard
from xiaoer.intelligence.packs.load import PackInvalid, load_pack
from xiaoer.intelligence.packs.runtime import load_models

FILES = {
    "manifest.yaml": "{id: tiny, version: 1.0.0, licence: Apache-2.0, locales: [zh-CN], name: {zh-CN: 小}}",
    "labels.yaml": "invoice: {zh-CN: 发票}\nother: {zh-CN: 其他}",
    "variables.yaml": "hours: {value: {zh-CN: '48'}, name: {zh-CN: 时限}}",
    "phrases/zh-CN.yaml": "greeting.hello: [你好]",
    "intents/invoice.yaml": (
        "label: invoice\nintents:\n- id: invoice.ask\n  name: {zh-CN: 开票}\n"
        "  zh-CN: [怎么开发票, 我要发票, 发票呢, 能开票吗, 开专票]\n"
    ),
    "intents/other.yaml": (
        "label: other\nintents:\n- id: other.off_topic\n  name: {zh-CN: 无关}\n"
        "  zh-CN: [写首诗, 一加一, 讲故事, 股市, 学编程]\n"
    ),
    "answers/invoice.yaml": (
        "category: invoice\nname: {zh-CN: 发票}\nentries:\n"
        "- {id: invoice.how, question: {zh-CN: 怎么开发票}, similar: {zh-CN: [发票哪里开]},\n"
        "   answer: {zh-CN: '{{hours}} 小时内开。'}}\n"
        "- {id: invoice.type, question: {zh-CN: 发票有哪几种}, similar: {zh-CN: [能开专票吗]},\n"
        "   answer: {zh-CN: 电子票。}}\n"
    ),
}


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    return tmp_path


def test_building_twice_gives_the_same_bytes(tiny: Path) -> None:
    build_pack(tiny, tiny / "one")
    build_pack(tiny, tiny / "two")
    names = sorted(file.name for file in (tiny / "one").iterdir())
    assert names == ["gate.json", "intent.npz", "manifest.json", "pack.msgpack"]
    assert all((tiny / "one" / name).read_bytes() == (tiny / "two" / name).read_bytes() for name in names)
    assert load_models(tiny, tiny / "one").phrases == {"zh-CN": {"greeting.hello": ("你好",)}}


def test_problems_name_their_place(tiny: Path) -> None:
    problems = check_pack(load_pack(tiny))
    assert any(problem.startswith("invoice.ask: 5 Chinese sentences") for problem in problems)
    assert any(problem.startswith("invoice.how: fewer than 6") for problem in problems)
    assert any(problem.startswith("answers: 2 entries") for problem in problems)


@pytest.mark.parametrize(
    ("name", "content", "place", "reason"),
    [
        ("labels.yaml", "a: {b: 'x", "line 1", "end of stream"),
        (
            "answers/invoice.yaml",
            FILES["answers/invoice.yaml"].replace("question", "qestion", 1),
            "invoice.how",
            "qestion",
        ),
        ("intents/other.yaml", "label: other", "", "intents"),
        ("variables.yaml", "hours: 48", "", "object"),
    ],
)
def test_errors_say_where(tiny: Path, name: str, content: str, place: str, reason: str) -> None:
    (tiny / name).write_text(content, encoding="utf-8")
    with pytest.raises(PackInvalid) as caught:
        load_pack(tiny)
    assert caught.value.params["file"].endswith(name)
    assert place in caught.value.params["place"]
    assert reason in caught.value.params["reason"]


def test_a_missing_file_is_named(tiny: Path) -> None:
    (tiny / "variables.yaml").unlink()
    with pytest.raises(PackInvalid, match=r"variables\.yaml"):
        load_pack(tiny)


def test_likeness_ignores_punctuation() -> None:
    assert trigram_jaccard("怎么开发票？", "怎么开 发票") == 1.0
    assert trigram_jaccard("怎么开发票", "什么时候发货") == 0.0
