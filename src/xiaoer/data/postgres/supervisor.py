"""Runs the embedded PostgreSQL as a child of this process, on a unix socket, and never outlives it.

`EmbeddedPostgres` is synchronous and imports no driver: the small parent of `xiaoer serve` uses it. The
kernel interrupts the server when the *thread* that started it ends, so only the main thread may start it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from xiaoer.data.postgres.account import Account, find_account
from xiaoer.data.postgres.binaries import find_binaries, make_reachable
from xiaoer.data.postgres.cluster import (
    APP,
    OWNER,
    SUPERUSER,
    Cluster,
    check_major,
    clean_environment,
    create_cluster,
    prepare_directories,
    write_configuration,
)
from xiaoer.data.postgres.refusals import CannotStart

# The parts of a killed server may take a while to notice; then we wait for a recovery as long as it runs.
_TAKEOVER_SECONDS = 30.0
_ORPHAN_PATIENCE_SECONDS = 3.0
_RECOVERY_SECONDS = 600.0
_STOP_SECONDS = 15.0
_POLL_SECONDS = 0.01
_MAX_LOG_BYTES = 10 * 2**20
_PR_SET_PDEATHSIG = 1
_READY_LINE = 7
_LEFTOVER_WORDS = (b"is still in use", b'" already exists', b"already in use")

_libc = ctypes.CDLL(None, use_errno=True)


class EmbeddedPostgres:
    """One server on one data directory."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir.resolve()
        self._cluster: Cluster | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def dsn(self) -> str:
        """For the application: may read and write rows, may not change the schema."""
        return self._known().dsn(APP)

    @property
    def owner_dsn(self) -> str:
        """For migrations."""
        return self._known().dsn(OWNER)

    def superuser_dsn(self, database: str = "postgres") -> str:
        """For backups, and for tests that create databases."""
        return self._known().dsn(SUPERUSER, database)

    def start(self) -> str:
        """Make the cluster on first use, start the server, wait until it answers; returns `dsn`."""
        if threading.current_thread() is not threading.main_thread():
            raise RuntimeError("PostgreSQL must be started from the main thread: it dies with the thread")
        if self.is_alive():
            return self.dsn
        try:
            account = find_account(self.data_dir / "postgres")
            sockets = prepare_directories(self.data_dir, account)
            self._take_lock()
            self._cluster = _prepare_cluster(self.data_dir, account, sockets)
            self._launch(self._cluster)
        except BaseException:
            self._release_lock()
            raise
        return self.dsn

    def restart(self) -> str:
        """Start again after the server died, or stop it first if it has not; the lock is kept throughout."""
        self._halt()
        return self.start()

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """A clean stop: sessions are cut, everything is flushed, a next start needs no recovery."""
        self._halt()
        self._release_lock()

    def _halt(self) -> None:
        process = self._process
        if process is not None:
            for how, seconds in (
                (signal.SIGINT, _STOP_SECONDS),
                (signal.SIGQUIT, 5.0),
                (signal.SIGKILL, 5.0),
            ):
                if process.poll() is None:
                    process.send_signal(how)
                    _wait_until(lambda: process.poll() is not None, seconds)
        self._process = None

    def limit_log(self) -> None:
        """Keep the log below some 20 MB; the parent calls this now and then."""
        log = self._known().log
        if log.exists() and log.stat().st_size > _MAX_LOG_BYTES:
            # The server holds the file open for appending: copy and empty it, as logrotate's copytruncate
            # does.
            log.with_suffix(".log.1").write_bytes(log.read_bytes())
            os.truncate(log, 0)

    def _known(self) -> Cluster:
        if self._cluster is None:
            raise RuntimeError("the embedded PostgreSQL was not started")
        return self._cluster

    def _launch(self, cluster: Cluster) -> None:
        """Start the server, again and again while the remains of a killed one are still dying."""
        deadline = time.monotonic() + _TAKEOVER_SECONDS
        _await_leftovers(cluster.folder, cluster.sockets, deadline)
        while True:
            log_start = cluster.log.stat().st_size if cluster.log.exists() else 0
            self._process = _spawn(cluster)
            if self._is_ready_in_time(cluster):
                return
            with cluster.log.open("rb") as log:
                log.seek(log_start)
                words = log.read()[-2000:]
            self._process = None
            if not any(each in words for each in _LEFTOVER_WORDS) or time.monotonic() > deadline:
                tail = words.decode(errors="replace").strip()
                raise CannotStart("postgres.did_not_start", f"PostgreSQL did not start ({cluster.log}): {tail[-600:]}")
            time.sleep(0.1)

    def _is_ready_in_time(self, cluster: Cluster) -> bool:
        """Wait for the server's own word in postmaster.pid, as pg_ctl does; False when it ended instead."""
        process = self._process
        if process is None:
            return False
        _wait_until(lambda: process.poll() is not None or _is_ready(cluster.folder, process.pid), _RECOVERY_SECONDS)
        return process.poll() is None

    def _take_lock(self) -> None:
        """One server per data directory; the kernel frees the lock when its holder dies."""
        if self._lock is not None:
            return
        file = (self.data_dir / "server.lock").open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "?"
            file.close()
            raise CannotStart(
                "postgres.already_running",
                f"another xiaoer (pid {holder}) already serves {self.data_dir}: stop it, or choose another --data-dir",
                pid=holder,
                path=str(self.data_dir),
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._lock = file

    def _release_lock(self) -> None:
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _prepare_cluster(data_dir: Path, account: Account, sockets: Path) -> Cluster:
    binaries = find_binaries()
    check_major(data_dir / "postgres", binaries)
    cluster = Cluster(data_dir, account, make_reachable(binaries, account, data_dir), sockets)
    if not cluster.folder.exists():
        create_cluster(cluster)
    write_configuration(cluster)
    return cluster


def die_with_parent(how: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn`: the kernel sends `how` to the new process when the thread that makes it ends."""
    parent = os.getpid()

    def prepare() -> None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(how))
        if os.getppid() != parent:
            os._exit(1)  # The parent died before the line above.

    return prepare


def _spawn(cluster: Cluster) -> subprocess.Popen[bytes]:
    # subprocess changes the user before it calls preexec_fn; a change of user afterwards would undo it.
    with cluster.log.open("ab") as log:
        try:
            return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
                [cluster.binaries / "postgres", "-D", str(cluster.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=clean_environment(),
                start_new_session=True,  # The terminal's Ctrl-C is for the parent, which stops us last.
                preexec_fn=die_with_parent(signal.SIGINT),  # noqa: PLW1509
                **cluster.identity(),
            )
        except OSError as error:
            raise CannotStart("postgres.cannot_run", f"cannot run {cluster.binaries / 'postgres'}: {error}") from error


def _is_ready(folder: Path, pid: int) -> bool:
    lines = _read_pid_file(folder)
    return len(lines) > _READY_LINE and lines[0] == str(pid) and lines[_READY_LINE].strip() == "ready"


def _read_pid_file(folder: Path) -> list[str]:
    try:
        return (folder / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _await_leftovers(folder: Path, socket_folder: Path, deadline: float) -> None:
    """Wait until an earlier server's processes are gone, ask orphans to go, drop its stale lock files."""
    patience = time.monotonic() + _ORPHAN_PATIENCE_SECONDS
    while residents := _list_residents(folder):
        postmaster = next(iter(_read_pid_file(folder)), "")
        if time.monotonic() > deadline:
            raise CannotStart(
                "postgres.cluster_in_use",
                f"processes {sorted(residents)} still use {folder}: stop them first",
                pids=sorted(residents),
            )
        if time.monotonic() > patience and postmaster not in map(str, residents):
            for pid in residents:
                _signal(pid, signal.SIGQUIT)
            patience = time.monotonic() + _ORPHAN_PATIENCE_SECONDS
        time.sleep(_POLL_SECONDS)
    # With nobody left, a number in the file can only mislead: after a reboot it may be any process.
    if Path("/proc/1").exists():
        (folder / "postmaster.pid").unlink(missing_ok=True)
        (socket_folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)


def _list_residents(folder: Path) -> set[int]:
    """Processes whose working directory is the cluster: every PostgreSQL process changes into it."""
    found = set()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if os.readlink(entry / "cwd") == str(folder):
                    found.add(int(entry.name))
            except OSError:
                continue
    return found


def _signal(pid: int, how: signal.Signals) -> None:
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return


def _wait_until(is_done: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not is_done():
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
