"""`xiaoer _web` and `xiaoer _worker`: one role in this process; only `xiaoer serve` starts them."""

from __future__ import annotations

import argparse
import os

from xiaoer.kit.config import read_config
from xiaoer.kit.errors import InvalidInput
from xiaoer.kit.logging import configure_logging


def configure(parser: argparse.ArgumentParser) -> None:
    """All settings come by environment."""


def run(args: argparse.Namespace) -> int:
    dsn = os.environ.get("XIAOER_DSN")
    if not dsn:
        raise InvalidInput("child.no_dsn", variable="XIAOER_DSN")
    config = read_config()
    role = args.command.removeprefix("_")
    configure_logging(role, config.log_level)
    # Only here, in the child, and only what its role needs.
    if role == "web":
        from xiaoer.application.wiring.serving import run_web

        run_web(config, dsn)
    else:
        from xiaoer.application.wiring.working import run_worker

        run_worker(config, dsn)
    return 0
