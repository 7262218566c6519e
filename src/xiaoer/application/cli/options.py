"""Options that several commands share."""

from __future__ import annotations

import argparse

from xiaoer.kit.config import Config, read_config


def add_place(parser: argparse.ArgumentParser) -> None:
    """Where the data are."""
    parser.add_argument("--data-dir", metavar="DIR", help="where data live (XIAOER_DATA_DIR)")
    parser.add_argument(
        "--database-url",
        metavar="URL",
        help="a PostgreSQL 15 or later instead of the embedded one (DATABASE_URL)",
    )


def add_address(parser: argparse.ArgumentParser) -> None:
    """Where the server listens."""
    parser.add_argument("--host", help="address to listen on (XIAOER_HOST, 127.0.0.1)")
    parser.add_argument("--port", type=int, help="port to listen on (XIAOER_PORT, 8600)")


def read_options(args: argparse.Namespace) -> Config:
    """The configuration that flags and environment give together."""
    return read_config(
        data_dir=args.data_dir,
        database_url=args.database_url,
        host=getattr(args, "host", None),
        port=getattr(args, "port", None),
        demo=getattr(args, "demo", False),
    )
