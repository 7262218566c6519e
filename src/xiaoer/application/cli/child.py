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
    # Only here, in the child: wiring loads the web framework and the models.
    from xiaoer.application import wiring

    if role == "web":
        wiring.run_web(config, dsn)
    else:
        wiring.run_worker(config, dsn)
    return 0
