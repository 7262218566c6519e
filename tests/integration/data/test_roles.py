"""The parent process, with tiny children in place of web and worker."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from xiaoer.application.roles import open_listener, parse_roles
from xiaoer.data.postgres.refusals import CannotStart
from xiaoer.kit.config import Config
from xiaoer.kit.errors import InvalidInput

_PARENT = textwrap.dedent("""
    import sys
    from pathlib import Path
    from xiaoer.application.roles import Parent, own_command
    from xiaoer.kit.config import Config
    from xiaoer.kit.logging import configure_logging
    configure_logging("parent")
    config = Config(data_dir=Path(sys.argv[1]), database_url=None, port=int(sys.argv[2]))
    commands = {role: [sys.executable, "-c", sys.argv[3], role] for role in ("web", "worker")}
    migrate = own_command("migrate", "--quiet")
    sys.exit(Parent(config, commands, migrate, lambda url: print(url, flush=True)).run())
""")
_CHILD = textwrap.dedent("""
    import http.server, os, signal, socket, sys
    assert os.environ["XIAOER_DSN"].startswith("postgresql://xiaoer:")
    assert os.environ["OMP_NUM_THREADS"] == "1"
    name = sys.argv[1] + "-" + str(os.getpid())
    open(os.path.join(os.environ["XIAOER_DATA_DIR"], name), "w").close()
    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200); self.end_headers()
        def log_message(self, *_): pass
    if sys.argv[1] == "web":
        server = http.server.HTTPServer(("127.0.0.1", 0), Answer, bind_and_activate=False)
        server.socket.close()
        server.socket = socket.socket(fileno=int(os.environ["XIAOER_LISTENER"]))
        server.serve_forever()
    signal.pause()
""")
_XIAOER = [sys.executable, "-m", "xiaoer"]
_DIES = "import sys; sys.exit(3)"


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """A parent under test."""

    def __init__(self, folder: Path, port: int, child: str = _CHILD) -> None:
        self.folder = folder
        self.errors = folder.with_name(folder.name + ".log").open("w+")
        command = [sys.executable, "-c", _PARENT, str(folder), str(port), child]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.errors, text=True)

    def await_ready(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def started(self, role: str) -> list[int]:
        return [int(path.name.partition("-")[2]) for path in self.folder.glob(f"{role}-*")]

    def events(self, name: str) -> list[dict[str, Any]]:
        self.errors.seek(0)
        lines = [json.loads(line) for line in self.errors.read().splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == name]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.close()


@pytest.fixture
def running(short_tmp: Path, port: int, request: pytest.FixtureRequest) -> Iterator[Running]:
    made = Running(short_tmp / f"r{abs(hash(request.node.name)) % 10**8}", port)
    yield made
    made.close()


def _await_true(is_so: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _offspring(running: Running) -> list[psutil.Process]:
    return psutil.Process(running.process.pid).children(recursive=True)


def test_it_serves_says_where_and_stops_cleanly(running: Running, port: int) -> None:
    assert running.await_ready() == f"http://127.0.0.1:{port}"
    file = running.folder / "server.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(file.read_text())["pid"] == running.process.pid
    offspring = _offspring(running)
    started = time.monotonic()
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(20) == 0
    assert time.monotonic() - started < 5
    assert not any(each.is_running() for each in offspring)
    assert not file.exists()
    assert "database system is shut down" in (running.folder / "log" / "postgres.log").read_text()


def test_a_killed_child_is_started_again_at_once(running: Running) -> None:
    running.await_ready()
    for role in ("worker", "web"):
        _await_true(lambda role=role: len(running.started(role)) == 1)
        os.kill(running.started(role)[0], signal.SIGKILL)
        killed = time.monotonic()
        _await_true(lambda role=role: len(running.started(role)) == 2)
        assert time.monotonic() - killed < 1.5


def test_a_killed_server_is_started_again(running: Running) -> None:
    running.await_ready()
    pid = running.events("postgres_started")[0]["child_pid"]
    os.kill(pid, signal.SIGKILL)
    _await_true(lambda: len(running.events("postgres_started")) == 2)
    assert len(running.started("web")) == 1


def test_nothing_survives_a_killed_parent(running: Running) -> None:
    running.await_ready()
    offspring = _offspring(running)
    assert len(offspring) > 3
    running.process.kill()
    _await_true(lambda: not any(each.is_running() and each.status() != "zombie" for each in offspring), 5)


def test_a_child_that_dies_young_is_started_ever_more_slowly(short_tmp: Path, port: int) -> None:
    running = Running(short_tmp / "young", port, _DIES)
    try:
        _await_true(lambda: len(running.events("child_died")) >= 6)
        deaths = [each for each in running.events("child_died") if each["child"] == "web"]
        assert all(each["status"] == 3 for each in deaths)
        time.sleep(1)
        assert len(running.events("child_died")) < 16
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(10) == 0
    finally:
        running.close()


def test_a_port_in_use_is_one_clear_line(short_tmp: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotStart, match=f"cannot listen on 127.0.0.1:{port}"):
            open_listener(Config(data_dir=short_tmp, database_url=None, port=port))
        done = subprocess.run(
            [*_XIAOER, "serve", "--port", str(port), "--data-dir", str(short_tmp / "never")],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert not (short_tmp / "never").exists()


def test_roles() -> None:
    assert parse_roles("worker, web,web") == ["worker", "web"]
    for text in ("", "web,wroker"):
        with pytest.raises(InvalidInput):
            parse_roles(text)


@pytest.mark.parametrize(
    ("args", "code"),
    [
        ([], 2),
        (["--help"], 0),
        (["--version"], 0),
        (["nothing"], 2),
        (["serve", "--port", "x"], 2),
        (["serve", "--port", "70000"], 2),
        (["_web"], 2),
    ],
)
def test_exit_codes(args: list[str], code: int) -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("XIAOER_")}
    done = subprocess.run([sys.executable, "-m", "xiaoer", *args], capture_output=True, check=False, env=environment)
    assert done.returncode == code


def test_doctor_says_what_to_repair(short_tmp: Path, port: int) -> None:
    command = [sys.executable, "-m", "xiaoer", "doctor", "--port", str(port), "--data-dir"]
    well = subprocess.run([*command, str(short_tmp / "d")], capture_output=True, text=True, check=False)
    assert (well.returncode, well.stdout.count("\nok ")) == (0, 6), well.stdout
    with socket.create_server(("127.0.0.1", port)):
        ill = subprocess.run([*command, str(short_tmp / "d")], capture_output=True, text=True, check=False)
    assert ill.returncode == 1
    assert "choose another --port" in ill.stdout
