"""`xiaoer doctor`: checks this machine and the installation, and says what to repair.

Exit codes: 0 all is well, 1 something is to be repaired, 2 the command was misused.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from xiaoer.application.cli.options import add_address, add_place, read_options
from xiaoer.application.roles import answers, open_listener
from xiaoer.data.postgres.account import describe, find_account, find_blocking_parent
from xiaoer.data.postgres.binaries import find_binaries
from xiaoer.data.postgres.cluster import check_major
from xiaoer.kit.config import Config
from xiaoer.kit.errors import XiaoerError
from xiaoer.kit.running import find_running_server

_LEAST_FREE_BYTES = 2 * 2**30
# This release cannot be older than itself.
_RELEASED = datetime(2026, 11, 1, tzinfo=UTC)
_MOST_CLOCK_DIFFERENCE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `remedy` is empty when all is well."""

    name: str
    detail: str
    remedy: str = ""


def configure(parser: argparse.ArgumentParser) -> None:
    add_place(parser)
    add_address(parser)


def run(args: argparse.Namespace) -> int:
    config = read_options(args)
    findings = [_guarded(name, check, config) for name, check in CHECKS.items()]
    for finding in findings:
        print(f"{'problem' if finding.remedy else 'ok':<8} {finding.name:<10} {finding.detail}")
        if finding.remedy:
            print(f"{'':<19} remedy: {finding.remedy}")
    return 1 if any(finding.remedy for finding in findings) else 0


def check_python(_config: Config) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    remedy = "" if sys.version_info >= (3, 11) else "install Python 3.11 or later"
    return Finding("python", f"{version} at {sys.executable}", remedy)


def check_programs(config: Config) -> Finding:
    if config.database_url:
        return Finding("programs", "not needed, DATABASE_URL is set")
    binaries = find_binaries()
    check_major(config.data_dir / "postgres", binaries)
    return Finding("programs", f"PostgreSQL {binaries.version} ({binaries.source}) in {binaries.folder}")


def check_directory(config: Config) -> Finding:
    folder = _existing(config.data_dir)
    if not _is_writable(folder):
        return Finding("data", f"{config.data_dir} is not writable", "choose another --data-dir, or change its owner")
    if config.database_url:
        return Finding("data", f"{config.data_dir} is writable")
    account = find_account(config.data_dir / "postgres")
    # The directory itself is ours to open; what lies above it is not.
    blocked = find_blocking_parent(config.data_dir.parent if folder == config.data_dir else folder, account)
    if blocked:
        return Finding("data", f"user {describe(account)} may not enter {blocked}", "choose --data-dir /var/lib/xiaoer")
    return Finding("data", f"{config.data_dir} is writable, PostgreSQL runs as {account.name}")


def check_address(config: Config) -> Finding:
    running = find_running_server(config.data_dir)
    if running and answers(config.host, config.port):
        return Finding("port", f"{running.url} is served by pid {running.pid}")
    try:
        open_listener(config).close()
    except XiaoerError as error:
        return Finding(
            "port", f"{config.port}: {error.params['reason']}", "stop what uses it, or choose another --port"
        )
    return Finding("port", f"{config.port} is free")


def check_database(config: Config) -> Finding:
    running = find_running_server(config.data_dir)
    dsn = config.database_url or (running.dsn if running else None)
    if dsn is None:
        return Finding("database", "not running; it is checked again at every start")
    difference = asyncio.run(_ask_database(dsn))
    if abs(difference) > _MOST_CLOCK_DIFFERENCE_SECONDS:
        return Finding("database", f"its clock differs by {difference:.1f} s", "synchronise both clocks (NTP)")
    return Finding("database", "every commit is on disk, encoding UTF8, version 15 or later")


def check_space(config: Config) -> Finding:
    folder = _existing(config.data_dir)
    free = shutil.disk_usage(folder).free
    remedy = "" if free >= _LEAST_FREE_BYTES else "make room: PostgreSQL stops when the disk is full"
    return Finding("disk", f"{free / 2**30:.1f} GiB free in {folder}", remedy)


def check_clock(_config: Config) -> Finding:
    now = datetime.now(UTC)
    remedy = "" if now > _RELEASED else "set the clock (NTP): sessions and deadlines depend on it"
    return Finding("clock", now.isoformat(timespec="seconds"), remedy)


CHECKS: dict[str, Callable[[Config], Finding]] = {
    "python": check_python,
    "programs": check_programs,
    "data": check_directory,
    "port": check_address,
    "database": check_database,
    "disk": check_space,
    "clock": check_clock,
}


def _guarded(name: str, check: Callable[[Config], Finding], config: Config) -> Finding:
    try:
        return check(config)
    except XiaoerError as error:
        return Finding(name, "not as it should be", str(error))


async def _ask_database(dsn: str) -> float:
    """Refuse an unfit server; else seconds between its clock and ours."""
    from xiaoer.data.postgres.database import Database
    from xiaoer.data.postgres.durability import check_durability, read_clock

    db = await Database.connect(dsn, max_size=1)
    try:
        await check_durability(db)
        return await read_clock(db) - time.time()
    finally:
        await db.close()


def _existing(path: Path) -> Path:
    return next(each for each in (path, *path.parents) if each.exists())


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
