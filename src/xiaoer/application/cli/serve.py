"""`xiaoer serve`: the parent process, PostgreSQL, and one child for each role."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from xiaoer.application.cli.options import add_address, add_place, read_options
from xiaoer.application.roles import ROLES, Parent, own_command, parse_roles
from xiaoer.kit.config import Config
from xiaoer.kit.logging import configure_logging


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--roles", default=",".join(ROLES), help=f"what to run here, of {', '.join(ROLES)}")
    add_address(parser)
    add_place(parser)
    parser.add_argument("--demo", action="store_true", help="with the demo shop (XIAOER_DEMO=1)")


def run(args: argparse.Namespace) -> int:
    return serve(read_options(args), parse_roles(args.roles))


def serve(config: Config, roles: list[str], on_ready: Callable[[str], None] | None = None) -> int:
    """Serve until told to stop; `on_ready` gets the URL once GET /healthz answers."""
    configure_logging("parent", config.log_level)
    parent = Parent(
        config=config,
        commands={role: own_command(f"_{role}") for role in roles},
        migrate_command=own_command("migrate", "--quiet"),
        on_ready=on_ready,
    )
    return parent.run()
