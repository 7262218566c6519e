"""The server under test: one of our own on a free port and fresh data, or one that runs already."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from xiaoer.application.cli.bench.wire import split_url
from xiaoer.application.roles import answers, own_command
from xiaoer.kit.config import Config
from xiaoer.kit.errors import InvalidInput, Unavailable
from xiaoer.kit.running import find_running_server

_READY_SECONDS = 240
_STOP_SECONDS = 30


@dataclass(slots=True)
class Target:
    """Where to aim; `pid` of the parent process is None when it is not of this machine or not known."""

    url: str
    pid: int | None
    data_dir: Path | None = None

    @property
    def address(self) -> tuple[str, int]:
        return split_url(self.url)


@dataclass(slots=True)
class OwnServer:
    """`xiaoer serve --demo` as a child of this process; its words go to `log`."""

    data_dir: Path
    port: int
    database_url: str | None = None
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> Path:
        return self.data_dir.parent / f"{self.data_dir.name}.log"

    def start(self) -> float:
        """Start and wait until it answers; seconds that took."""
        begun = time.monotonic()
        given = ["--port", str(self.port), "--data-dir", str(self.data_dir)]
        given += ["--database-url", self.database_url] if self.database_url else []
        environment = {key: value for key, value in os.environ.items() if not key.startswith("XIAOER_")}
        if not self.database_url:
            environment.pop("DATABASE_URL", None)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                own_command("serve", "--demo", *given), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=environment, start_new_session=True,
            )  # fmt: skip
        while not answers("127.0.0.1", self.port):
            if self.process.poll() is not None or time.monotonic() - begun > _READY_SECONDS:
                raise Unavailable("bench.server_did_not_start", log=str(self.log))
            time.sleep(0.05)
        return time.monotonic() - begun

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def tail(self) -> str:
        return self.log.read_bytes()[-1500:].decode(errors="replace") if self.log.exists() else ""


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_scratch() -> Path:
    """A fresh directory on a disk that outlives a reboot, so that fsync costs what it costs; any user may enter."""
    folder = Path(tempfile.mkdtemp(prefix="xiaoer-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    return folder


@contextmanager
def reach_server(config: Config, url: str | None) -> Iterator[Target]:
    """The server at `url`, else one of our own that is gone afterwards with its data."""
    if url is not None:
        host, port = split_url(url)
        if not answers(host, port):
            raise InvalidInput("bench.nobody_answers", field="--url", url=url)
        running = find_running_server(config.data_dir)
        mine = running is not None and split_url(running.url)[1] == port
        yield Target(url.rstrip("/"), running.pid if running and mine else None, config.data_dir)
        return
    scratch = make_scratch()
    server = OwnServer(scratch / "data", find_free_port(), config.database_url)
    try:
        try:
            server.start()
        except Unavailable:
            print(server.tail(), file=sys.stderr)
            raise
        yield Target(server.url, server.process.pid if server.process else None, server.data_dir)
    finally:
        server.stop()
        shutil.rmtree(scratch, ignore_errors=True)
