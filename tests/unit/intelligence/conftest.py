"""A tiny pack of two languages, built once, and a fake-free way to the shipped pack's models."""

from __future__ import annotations

from pathlib import Path

import pytest

import xiaoer
from xiaoer.intelligence.packs.build import build_pack
from xiaoer.intelligence.packs.runtime import Models, load_models

PACK = Path(xiaoer.__file__).parent / "packs" / "ecommerce"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The shipped pack, built from its sources into a temporary directory."""
    built = tmp_path_factory.mktemp("built")
    build_pack(PACK, built)
    return load_models(PACK, built)
