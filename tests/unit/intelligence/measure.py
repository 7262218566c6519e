"""Prints the figures of docs/decisions/0003-understanding.md; run it as a script."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import xiaoer
from xiaoer.intelligence.dialogue.understand import understand
from xiaoer.intelligence.packs.build import build_pack, searchable
from xiaoer.intelligence.packs.runtime import Models, load_models
from xiaoer.intelligence.retrieval.index import Index
from xiaoer.intelligence.retrieval.types import EntryText
from xiaoer.intelligence.text.ngrams import ngrams, search_terms
from xiaoer.intelligence.text.normalise import normalise

PACK = Path(xiaoer.__file__).parent / "packs" / "ecommerce"


def spread(run: Callable[[str], Any], texts: list[str]) -> dict[str, float]:
    """Microseconds p50 and p99 over the texts, after one round to warm up."""
    took = []
    for round_ in range(4):
        for text in texts:
            started = time.perf_counter()
            run(text)
            if round_:
                took.append((time.perf_counter() - started) * 1e6)
    took.sort()
    return {
        "n": len(texts),
        "p50_us": round(took[len(took) // 2], 1),
        "p99_us": round(took[int(len(took) * 0.99)], 1),
    }


def seconds(run: Callable[[], Any], times: int = 3) -> float:
    best = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        best.append(time.perf_counter() - started)
    return round(min(best), 4)


def tantivy_figures(entries: dict[str, EntryText], texts: list[str]) -> dict[str, Any]:
    """The same terms, one document a phrasing, in tantivy: build, edit until visible, query."""
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw")
    builder.add_text_field("terms", tokenizer_name="whitespace")
    index = tantivy.Index(builder.build())

    def terms(text: str) -> str:
        return " ".join(map(str, search_terms(normalise(text).text)))

    def write(items: dict[str, EntryText]) -> None:
        writer = index.writer(heap_size=50_000_000, num_threads=1)
        for entry_id, entry in items.items():
            for text in entry.phrasings:
                writer.add_document(tantivy.Document(id=[entry_id], terms=[terms(text)]))
        writer.commit()
        writer.wait_merging_threads()
        index.reload()

    built = seconds(lambda: write(entries), 1)
    edited = seconds(lambda: write({"new": EntryText(("能包装成礼物吗",))}))
    searcher = index.searcher()
    return {
        "build_s": built,
        "edit_s": edited,
        "query": spread(lambda text: searcher.search(index.parse_query(terms(text), ["terms"]), 20), texts),
    }


def index_figures(entries: dict[str, EntryText], texts: list[str]) -> dict[str, Any]:
    index = Index.build(entries)
    edit = {"new": EntryText(("能包装成礼物吗",))}
    return {
        "entries": len(entries),
        "phrasings": index.phrasings,
        "build_s": seconds(lambda: Index.build(entries), 1 if len(entries) > 5_000 else 3),
        "edit_s": seconds(lambda: index.with_changes(edit)),
        "query": spread(lambda text: index.search(index.query(ngrams(normalise(text).text))), texts),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two:
        report = build_pack(PACK, Path(one))
        again = build_pack(PACK, Path(two))
        models: Models = load_models(PACK, Path(one))
        load = seconds(lambda: load_models(PACK, Path(one)), 1)
    entries = searchable(models.pack)
    texts = [text for intent in models.pack.intents for text in intent.chinese[::12]][:400]
    small = {entry_id: EntryText(entry.phrasings[:8]) for entry_id, entry in list(entries.items())[:300]}
    many = {
        f"{entry_id}{i}": EntryText(tuple(f"{text}{i}" for text in entry.phrasings[:8]))
        for i in range(20_000 // len(entries) + 1)
        for entry_id, entry in entries.items()
    }
    times = f"load {report.load_seconds} s, intents {report.intent_seconds} s, gate {report.gate_seconds} s"
    print(f"build: {times},")
    print(f"  {report.bytes} bytes, twice the same: {report.manifest.files == again.manifest.files}")
    print("intents:", json.dumps(report.intent_metrics))
    print("gate:", json.dumps(report.gate_metrics))
    print("thresholds:", models.gate.answer_from, models.gate.clarify_from)
    print("load_models s:", load)
    print("ngrams:", spread(lambda text: ngrams(normalise(text).text), texts))
    print("understand:", spread(lambda text: understand(text, models), texts))
    print("index 300 x 8:", index_figures(small, texts))
    print("index pack:", index_figures(entries, texts))
    print("index 20,000:", index_figures(many, texts[:50]))
    print("tantivy 300 x 8:", tantivy_figures(small, texts))


if __name__ == "__main__":
    main()
