"""What a web process does besides serving: beat, sweep, listen, keep shelves fresh, hold the lists of who is online."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from xiaoer.kit.errors import XiaoerError
from xiaoer.kit.logging import Log

log = Log("xiaoer.loops")


async def repeat(name: str, seconds: float, step: Callable[[], Awaitable[object]]) -> None:
    """Run a step for ever, with a pause; an outage is waited out, a fault is logged, and neither ends the loop."""
    while True:
        try:
            await step()
        except XiaoerError as error:
            log.info("loop_waits", loop=name, code=error.code)
        except Exception as error:
            log.error("loop_failed", cause=error, loop=name)
        await asyncio.sleep(seconds)
