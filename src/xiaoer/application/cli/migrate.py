"""`xiaoer migrate`: bring the database to this release, or list what that would do."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from xiaoer.application.cli.options import add_place, read_options
from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.durability import check_durability
from xiaoer.data.postgres.migrate import Migration, migrate, plan
from xiaoer.data.postgres.supervisor import EmbeddedPostgres
from xiaoer.kit.config import Config
from xiaoer.kit.running import find_running_server


def configure(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    parser.add_argument("--plan", action="store_true", help="only list what is pending")
    parser.add_argument("--quiet", action="store_true", help="say nothing when all is done")


def run(args: argparse.Namespace) -> int:
    with _reachable_database(read_options(args)) as dsn:
        done = asyncio.run(plan(dsn) if args.plan else _check_and_migrate(dsn))
    if not args.quiet:
        _print("pending" if args.plan else "applied", done)
    return 0


async def _check_and_migrate(dsn: str) -> list[Migration]:
    db = await Database.connect(dsn, max_size=1)
    try:
        await check_durability(db)
    finally:
        await db.close()
    return await migrate(dsn)


@contextmanager
def _reachable_database(config: Config) -> Iterator[str]:
    """The configured database, that of a running server, or the embedded one started for this moment."""
    running = find_running_server(config.data_dir)
    if config.database_url:
        yield config.database_url
    elif running:
        yield running.owner_dsn
    else:
        postgres = EmbeddedPostgres(config.data_dir)
        postgres.start()
        try:
            yield postgres.owner_dsn
        finally:
            postgres.stop()


def _print(state: str, migrations: list[Migration]) -> None:
    if not migrations:
        print("The database is up to date.")
    for migration in migrations:
        print(f"{state}  {migration.name:<32} {migration.summary}")
