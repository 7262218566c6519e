"""Settings of one process: from flags first, then the environment, then defaults. No file is read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from xiaoer.kit.errors import InvalidInput

DEFAULT_PORT = 8600


def default_data_dir() -> Path:
    """Where data live when nobody says: `/var/lib/xiaoer` for root, the XDG data home otherwise."""
    if os.geteuid() == 0:
        return Path("/var/lib/xiaoer")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "xiaoer"


@dataclass(frozen=True, slots=True)
class Config:
    """What a process needs to know before it can open the database.

    `database_url` None means the embedded PostgreSQL under `data_dir`; `is_secure` (XIAOER_HTTPS=1) says that
    browsers come by HTTPS, so that cookies never travel without it.
    """

    data_dir: Path
    database_url: str | None
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    demo: bool = False
    log_level: str = "INFO"
    is_secure: bool = False


def read_config(
    *,
    data_dir: str | None = None,
    database_url: str | None = None,
    host: str | None = None,
    port: int | None = None,
    demo: bool = False,
) -> Config:
    """Merge flags with XIAOER_DATA_DIR, DATABASE_URL, XIAOER_HOST, XIAOER_PORT and XIAOER_LOG_LEVEL."""
    env = os.environ
    raw_port = port if port is not None else env.get("XIAOER_PORT", DEFAULT_PORT)
    try:
        number = int(raw_port)
    except ValueError as error:
        raise InvalidInput("config.invalid_port", value=raw_port) from error
    if not 0 < number < 65536:
        raise InvalidInput("config.invalid_port", value=number)
    directory = data_dir or env.get("XIAOER_DATA_DIR")
    return Config(
        data_dir=Path(directory).expanduser().resolve() if directory else default_data_dir(),
        database_url=database_url or env.get("DATABASE_URL") or None,
        host=host or env.get("XIAOER_HOST", "127.0.0.1"),
        port=number,
        demo=demo or env.get("XIAOER_DEMO") == "1",
        log_level=env.get("XIAOER_LOG_LEVEL", "INFO").upper(),
        is_secure=env.get("XIAOER_HTTPS") == "1",
    )
