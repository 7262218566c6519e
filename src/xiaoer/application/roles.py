"""What runs: a small parent, PostgreSQL below it, and one child for each role.

The parent imports nothing heavy. It starts the embedded server (unless DATABASE_URL names another), migrates
in a short child, starts the roles, and starts again whatever dies: children at once, with a growing pause
when they die young. The kernel ends all of them should the parent itself be killed.
"""

from __future__ import annotations

import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from xiaoer.data.postgres.refusals import CannotStart
from xiaoer.data.postgres.supervisor import EmbeddedPostgres, die_with_parent
from xiaoer.kit.config import Config
from xiaoer.kit.errors import InvalidInput
from xiaoer.kit.logging import Log
from xiaoer.kit.running import remove_server_file, write_server_file

ROLES = ("web", "worker")

_DRAIN_SECONDS = 10.0
_YOUNG_SECONDS = 2.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0
_TICK_SECONDS = 0.2
_LOG_CHECK_SECONDS = 60.0
_MAX_FILES = 2**20
_BACKLOG = 4096
LISTENER_VARIABLE = "XIAOER_LISTENER"
# One thread each: on busy cores BLAS threads spin against one another; few arenas keep memory small.
_CHILD_SETTINGS = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}

_log = Log("xiaoer.roles")


@dataclass(slots=True)
class _Child:
    role: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    early_deaths: int = 0


@dataclass(slots=True)
class Parent:
    """Keeps one process of each role and the embedded server alive until it is told to stop."""

    config: Config
    commands: Mapping[str, Sequence[str]]
    migrate_command: Sequence[str] | None = None
    on_ready: Callable[[str], None] | None = None
    _postgres: EmbeddedPostgres | None = None
    _children: list[_Child] = field(default_factory=list)
    _environment: dict[str, str] = field(default_factory=dict)
    _listener: socket.socket | None = None
    _is_ready: bool = False
    _log_checked_at: float = 0.0

    def run(self) -> int:
        """Serve until SIGTERM or SIGINT; returns the exit code."""
        self._listener = open_listener(self.config) if "web" in self.commands else None
        raise_file_limit()
        inbox = _listen_for_signals()
        try:
            self._start_database()
            self._children = [_Child(role, command) for role, command in self.commands.items()]
            while not _is_told_to_stop(inbox, _TICK_SECONDS if self._needs_ticks() else _YOUNG_SECONDS):
                self._tend_database()
                self._tend_children()
                self._tell_when_ready()
            _log.info("stopping")
        finally:
            self._drain(inbox)
            if self._postgres:
                self._postgres.stop()
            if self._listener:
                self._listener.close()
            remove_server_file(self.config.data_dir)
        return 0

    @property
    def url(self) -> str:
        host = "127.0.0.1" if self.config.host in ("", "0.0.0.0", "::") else self.config.host  # noqa: S104
        return f"http://{f'[{host}]' if ':' in host else host}:{self.config.port}"

    def _start_database(self) -> None:
        dsn = owner_dsn = self.config.database_url
        if dsn is None or owner_dsn is None:
            started = time.monotonic()
            self._postgres = EmbeddedPostgres(self.config.data_dir)
            dsn = self._postgres.start()
            owner_dsn = self._postgres.owner_dsn
            _log.info(
                "postgres_started",
                child_pid=self._postgres.pid,
                ms=round((time.monotonic() - started) * 1000),
            )
        self._environment = child_environment(self.config, dsn)
        if self.migrate_command:
            _migrate(self.migrate_command, self._environment | {"DATABASE_URL": owner_dsn})
        write_server_file(self.config.data_dir, url=self.url, dsn=dsn, owner_dsn=owner_dsn)

    def _tend_database(self) -> None:
        postgres = self._postgres
        if postgres is None:
            return
        if not postgres.is_alive():
            _log.error("postgres_died", child_pid=postgres.pid)
            postgres.restart()
            _log.info("postgres_started", child_pid=postgres.pid)
        if time.monotonic() - self._log_checked_at > _LOG_CHECK_SECONDS:
            self._log_checked_at = time.monotonic()
            postgres.limit_log()

    def _tend_children(self) -> None:
        for child in self._children:
            if child.process is not None and child.process.poll() is not None:
                self._record_death(child, child.process)
            if child.process is None and time.monotonic() >= child.start_at:
                child.process = _spawn(
                    child.command, self._environment, self._listener if child.role == "web" else None
                )
                child.started_at = time.monotonic()
                _log.info("child_started", child=child.role, child_pid=child.process.pid)

    def _record_death(self, child: _Child, process: subprocess.Popen[bytes]) -> None:
        lived = time.monotonic() - child.started_at
        child.early_deaths = child.early_deaths + 1 if lived < _YOUNG_SECONDS else 0
        # The first early death may be chance and is not held against it.
        pause = _FIRST_PAUSE * 2 ** (child.early_deaths - 2) if child.early_deaths > 1 else 0.0
        child.start_at = time.monotonic() + min(pause, _LONGEST_PAUSE)
        child.process = None
        _log.error(
            "child_died",
            child=child.role,
            child_pid=process.pid,
            status=process.returncode,
            lived_s=round(lived, 1),
        )

    def _needs_ticks(self) -> bool:
        """Whether anything is due soon; deaths need none, they wake us by SIGCHLD."""
        return not self._is_ready or any(child.process is None for child in self._children)

    def _tell_when_ready(self) -> None:
        if self._is_ready or not answers(self.config.host, self.config.port):
            self._is_ready = self._is_ready or "web" not in self.commands
            return
        self._is_ready = True
        _log.info("ready", url=self.url)
        if self.on_ready:
            self.on_ready(self.url)

    def _drain(self, inbox: int) -> None:
        """Ask the children to finish, cut what is left after ten seconds or at a second signal."""
        living = [child.process for child in self._children if child.process is not None]
        for process in living:
            process.terminate()
        deadline = time.monotonic() + _DRAIN_SECONDS
        while any(process.poll() is None for process in living) and time.monotonic() < deadline:
            if _is_told_to_stop(inbox, _TICK_SECONDS):
                break
        for process in living:
            if process.poll() is None:
                process.kill()
            process.wait()


def child_environment(config: Config, dsn: str) -> dict[str, str]:
    """What a child needs to know; passwords go by environment, which only its own user can read."""
    given = {
        "XIAOER_DATA_DIR": str(config.data_dir),
        "XIAOER_DSN": dsn,
        "XIAOER_HOST": config.host,
        "XIAOER_PORT": str(config.port),
        "XIAOER_DEMO": "1" if config.demo else "",
        "XIAOER_LOG_LEVEL": config.log_level,
    }
    return {**_CHILD_SETTINGS, **os.environ, **given}


def own_command(*args: str) -> list[str]:
    """This program again, with other arguments."""
    return [sys.executable, "-m", "xiaoer", *args]


def open_listener(config: Config) -> socket.socket:
    """Listen on the port, or refuse before anything was started if something else does.

    The parent keeps this socket and lends it to the `web` child: while that one is replaced, connections wait in
    the kernel's queue instead of being refused.
    """
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((config.host, config.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise CannotStart(
            "serve.port_unavailable",
            f"cannot listen on {config.host}:{config.port} ({error.strerror}): choose another --port",
            reason=error.strerror,
        ) from error
    return listener


def answers(host: str, port: int) -> bool:
    """Whether GET /healthz answers 200. Spelled out, so that the parent carries no HTTP client."""
    target = "127.0.0.1" if host in ("", "0.0.0.0", "::") else host  # noqa: S104
    try:
        with socket.create_connection((target, port), timeout=1) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def parse_roles(text: str) -> list[str]:
    """`web,worker` as a list; an unknown or missing role is InvalidInput."""
    roles = list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    for role in roles:
        if role not in ROLES:
            raise InvalidInput("serve.unknown_role", field="roles", value=role, known=", ".join(ROLES))
    if not roles:
        raise InvalidInput("serve.unknown_role", field="roles", value=text, known=", ".join(ROLES))
    return roles


def raise_file_limit() -> None:
    """Each socket is a file: take all that the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, _MAX_FILES)
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _migrate(command: Sequence[str], environment: dict[str, str]) -> None:
    process = _spawn(command, environment)
    if process.wait() != 0:
        raise CannotStart("serve.migration_failed", "the database could not be brought to this release (see above)")


def _spawn(
    command: Sequence[str], environment: dict[str, str], listener: socket.socket | None = None
) -> subprocess.Popen[bytes]:
    lent = () if listener is None else (listener.fileno(),)
    # Its own session: the terminal's Ctrl-C reaches the parent only, which then ends the children in order.
    return subprocess.Popen(
        command,
        env=environment | ({LISTENER_VARIABLE: str(lent[0])} if lent else {}),
        pass_fds=lent,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509
    )


def _listen_for_signals() -> int:
    """A pipe that gets one byte, the signal's number, for each signal we care about."""
    reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    return reader


def _is_told_to_stop(inbox: int, seconds: float) -> bool:
    """Sleep until a signal or for `seconds`; whether one of the signals was to stop."""
    ready, _, _ = select.select([inbox], [], [], seconds)
    received = os.read(inbox, 4096) if ready else b""
    return signal.SIGTERM in received or signal.SIGINT in received
