from __future__ import annotations

from pathlib import Path

import pytest
from storefront_demo import NOON, SHOP_DIR, Demo, make_demo


@pytest.fixture(scope="session")
def demo() -> Demo:
    return make_demo(NOON)


@pytest.fixture(scope="session")
def shop_dir() -> Path:
    return SHOP_DIR
