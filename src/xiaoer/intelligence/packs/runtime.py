"""What a serving process holds of a pack: models, knowledge snapshot, phrases. Immutable, thread-safe."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import msgspec

from xiaoer.intelligence.intent.artefact import ModelUnusable
from xiaoer.intelligence.intent.model import IntentModel
from xiaoer.intelligence.packs.build import (
    GATE_FILE,
    INTENT_FILE,
    MANIFEST_FILE,
    PACK_FILE,
    BuildManifest,
    hash_source,
    searchable,
)
from xiaoer.intelligence.packs.load import load_pack
from xiaoer.intelligence.packs.types import Pack
from xiaoer.intelligence.retrieval.gate import Gate
from xiaoer.intelligence.retrieval.index import Index
from xiaoer.intelligence.retrieval.search import Knowledge


class Models(msgspec.Struct, frozen=True):
    """Swap `knowledge` for a shop's own with `with_knowledge`; the rest is the pack's."""

    pack: Pack
    intents: IntentModel
    knowledge: Knowledge

    @property
    def gate(self) -> Gate:
        return self.knowledge.gate

    @property
    def phrases(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """Locale → situation → variants."""
        return self.pack.phrases

    def with_knowledge(self, knowledge: Knowledge) -> Models:
        """The same models over a shop's own entries."""
        return Models(self.pack, self.intents, knowledge)


def load_models(pack_dir: Path, built_dir: Path, *, with_answers: bool = True) -> Models:
    """Loads a pack and its built models; raises PackInvalid, ModelUnusable.

    `with_answers` indexes the pack's own answers; a server, whose shops have their own shelves, leaves that out.
    """
    pack = _read_pack(pack_dir, built_dir)
    intents = IntentModel.load(built_dir / INTENT_FILE)
    try:
        gate = msgspec.json.decode((built_dir / GATE_FILE).read_bytes(), type=Gate)
    except (OSError, msgspec.MsgspecError) as error:
        raise ModelUnusable("model.unreadable", file=str(built_dir / GATE_FILE), reason=str(error)) from error
    knowledge = Knowledge(Index.build(searchable(pack) if with_answers else {}), gate, intents)
    knowledge.warm()
    return Models(pack, intents, knowledge)


def _read_pack(pack_dir: Path, built_dir: Path) -> Pack:
    """The pack as it was built, or from its YAML when that has changed since."""
    with suppress(OSError, msgspec.MsgspecError):
        manifest = msgspec.json.decode((built_dir / MANIFEST_FILE).read_bytes(), type=BuildManifest)
        if manifest.source == hash_source(pack_dir):
            return msgspec.msgpack.decode((built_dir / PACK_FILE).read_bytes(), type=Pack)
    return load_pack(pack_dir)
