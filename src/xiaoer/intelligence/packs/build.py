"""Trains a pack's models from its own sentences; the same pack gives byte-identical files."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

import msgspec

from xiaoer.intelligence.intent.artefact import write_artefact
from xiaoer.intelligence.intent.model import IntentModel
from xiaoer.intelligence.intent.train import Example, train_intents
from xiaoer.intelligence.intent.types import OFF_TOPIC
from xiaoer.intelligence.packs.load import load_pack
from xiaoer.intelligence.packs.types import Entry, Pack
from xiaoer.intelligence.retrieval.fit import fit_gate
from xiaoer.intelligence.retrieval.types import EntryText
from xiaoer.intelligence.text.ngrams import FEATURES

INTENT_FILE, GATE_FILE, PACK_FILE, MANIFEST_FILE = "intent.npz", "gate.json", "pack.msgpack", "manifest.json"


class BuildManifest(msgspec.Struct, frozen=True):
    """What was built from what. `files`: name → SHA-256; `source`: SHA-256 over the pack's YAML."""

    pack: str
    version: str
    licence: str
    features: str
    source: str
    files: dict[str, str]


class BuildReport(msgspec.Struct, frozen=True):
    """Figures of a build; the times are seconds and stand in no file."""

    out_dir: str
    manifest: BuildManifest
    intent_metrics: dict[str, float]
    gate_metrics: dict[str, float]
    load_seconds: float
    intent_seconds: float
    gate_seconds: float
    bytes: int


def build_pack(path: Path, out_dir: Path) -> BuildReport:
    """Writes intent.npz, gate.json and manifest.json into `out_dir`; raises PackInvalid."""
    started = time.perf_counter()
    pack = load_pack(path)
    out_dir.mkdir(parents=True, exist_ok=True)
    loaded = time.perf_counter()
    artefact = train_intents(examples(pack), licence=pack.manifest.licence)
    write_artefact(artefact, out_dir / INTENT_FILE)
    trained = time.perf_counter()
    # The gate must judge with the model as it will be served, so it is read back from its file.
    gate = fit_gate(searchable(pack), unrelated(pack), IntentModel.load(out_dir / INTENT_FILE))
    (out_dir / GATE_FILE).write_bytes(_pretty(msgspec.json.encode(gate, order="sorted")))
    # The YAML takes a third of a second to read, this a hundredth: a restarted server is back so much sooner.
    (out_dir / PACK_FILE).write_bytes(msgspec.msgpack.encode(pack, order="deterministic"))
    files = {name: _hash((out_dir / name).read_bytes()) for name in (INTENT_FILE, GATE_FILE, PACK_FILE)}
    manifest = BuildManifest(
        pack.manifest.id, pack.manifest.version, pack.manifest.licence, FEATURES, hash_source(path), files
    )
    (out_dir / MANIFEST_FILE).write_bytes(_pretty(msgspec.json.encode(manifest, order="sorted")))
    return BuildReport(
        out_dir=str(out_dir),
        manifest=manifest,
        intent_metrics=artefact.manifest.metrics,
        gate_metrics=gate.metrics,
        load_seconds=round(loaded - started, 2),
        intent_seconds=round(trained - loaded, 2),
        gate_seconds=round(time.perf_counter() - trained, 2),
        bytes=sum((out_dir / name).stat().st_size for name in (INTENT_FILE, GATE_FILE, PACK_FILE, MANIFEST_FILE)),
    )


def examples(pack: Pack) -> list[Example]:
    """Every training sentence of a pack."""
    return [
        Example(text, intent.id, intent.label, locale) for intent in pack.intents for locale, text in intent.sentences()
    ]


def entry_text(entry: Entry) -> EntryText:
    """What is indexed of a pack's entry: all locales together."""
    return EntryText(tuple(text for _, text in entry.phrasings()), "\n".join(entry.answer.values()))


def searchable(pack: Pack) -> dict[str, EntryText]:
    """Entry id → indexed texts of the pack's own answers."""
    return {entry.id: entry_text(entry) for entry in pack.answers}


def unrelated(pack: Pack) -> list[str]:
    """Sentences that no entry should answer."""
    return [text for intent in pack.intents if intent.id == OFF_TOPIC for _, text in intent.sentences()]


def hash_source(path: Path) -> str:
    """SHA-256 over the files the models come from: a built artefact is stale where this differs."""
    parts = ("*.yaml", "intents/*.yaml", "answers/*.yaml", "phrases/*.yaml")
    files = [file for part in parts for file in sorted(path.glob(part))]
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(path).as_posix()}\0{_hash(file.read_bytes())}\n".encode())
    return digest.hexdigest()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _pretty(content: bytes) -> bytes:
    return msgspec.json.format(content, indent=2) + b"\n"
