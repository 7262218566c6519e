"""What handlers work with; built once per process by `wiring`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xiaoer.business.conversation.types import Turn
from xiaoer.business.knowledge.queries.library import Library
from xiaoer.business.order.ports import ShopPlatform
from xiaoer.data.backend import Backend


@dataclass(frozen=True, slots=True)
class Services:
    """`take_turn` starts a bot's turn and returns at once; `is_secure` marks cookies for HTTPS only;
    `shop_folder` holds the pack's demo goods and their pictures."""

    backend: Backend
    platform: ShopPlatform
    library: Library
    take_turn: Callable[[Turn], None]
    is_secure: bool
    shop_folder: Path
