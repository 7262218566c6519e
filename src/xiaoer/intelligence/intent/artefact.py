"""The file of an intent model: one .npz of plain arrays with a JSON manifest inside, never a pickle."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from xiaoer.intelligence.text.ngrams import FEATURES
from xiaoer.kit.errors import XiaoerError

_FIXED_DATE = (2020, 1, 1, 0, 0, 0)


class ModelUnusable(XiaoerError):
    """A model file is missing, damaged, or made by another version of the features."""

    status = 503


class IntentManifest(msgspec.Struct, frozen=True):
    """What a model is and how it was measured. `labels` runs parallel to `intents`."""

    features: str
    data_hash: str
    licence: str
    intents: tuple[str, ...]
    labels: tuple[str, ...]
    temperature: float
    threshold: float
    metrics: dict[str, float]


class IntentArtefact(msgspec.Struct, frozen=True):
    """Weights int8 (buckets x intents), one fp16 scale and one fp32 bias per intent, idf fp16 per bucket."""

    manifest: IntentManifest
    weights: NDArray[np.int8]
    scales: NDArray[np.float16]
    bias: NDArray[np.float32]
    idf: NDArray[np.float16]


def write_artefact(artefact: IntentArtefact, path: Path) -> None:
    """Writes byte-identical files for equal models: fixed dates, fixed order."""
    arrays: dict[str, NDArray[Any]] = {
        "weights": artefact.weights,
        "scales": artefact.scales,
        "bias": artefact.bias,
        "idf": artefact.idf,
        "manifest": np.frombuffer(msgspec.json.encode(artefact.manifest, order="sorted"), dtype=np.uint8),
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(array), allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", _FIXED_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, buffer.getvalue())


def read_artefact(path: Path) -> IntentArtefact:
    """Reads what `write_artefact` wrote; raises ModelUnusable with `file` and `reason`."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            manifest = msgspec.json.decode(archive["manifest"].tobytes(), type=IntentManifest)
            arrays = {name: archive[name] for name in ("weights", "scales", "bias", "idf")}
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, msgspec.MsgspecError) as error:
        raise ModelUnusable("model.unreadable", file=str(path), reason=str(error)) from error
    if manifest.features != FEATURES:
        raise ModelUnusable("model.other_features", file=str(path), reason=f"{manifest.features} is not {FEATURES}")
    return IntentArtefact(manifest, arrays["weights"], arrays["scales"], arrays["bias"], arrays["idf"])
