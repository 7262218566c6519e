"""`<data_dir>/server.json`: where a running server is, for the other commands of the same user (0600)."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

_NAME = "server.json"


@dataclass(frozen=True, slots=True)
class RunningServer:
    url: str
    pid: int
    dsn: str
    owner_dsn: str


def write_server_file(data_dir: Path, *, url: str, dsn: str, owner_dsn: str) -> None:
    """Say that this process serves; whole or not at all."""
    data_dir.mkdir(parents=True, exist_ok=True)
    draft = data_dir / f".{_NAME}.{os.getpid()}"
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"url": url, "pid": os.getpid(), "dsn": dsn, "owner_dsn": owner_dsn}, file)
    draft.rename(data_dir / _NAME)


def find_running_server(data_dir: Path) -> RunningServer | None:
    """The server that serves this data directory now, if there is one."""
    try:
        server = RunningServer(**json.loads((data_dir / _NAME).read_text()))
        os.kill(server.pid, 0)
    except (OSError, ValueError, TypeError):
        return None
    return server


def remove_server_file(data_dir: Path) -> None:
    """Remove it, unless another server has written its own meanwhile."""
    found = find_running_server(data_dir)
    if found is not None and found.pid == os.getpid():
        (data_dir / _NAME).unlink(missing_ok=True)
