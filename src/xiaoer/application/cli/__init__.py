"""The commands. Each is a module with `configure(parser)` and `run(args) -> exit code`, imported when called.

Exit codes: 0 done, 1 failed, 2 misused. Add a command by adding a line to `COMMANDS`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from xiaoer import __version__
from xiaoer.kit.errors import InvalidInput, XiaoerError
from xiaoer.kit.i18n import error_text

# Command, its module here, and what it does; commands that begin with _ are for xiaoer itself.
COMMANDS: dict[str, tuple[str, str]] = {
    "serve": ("serve", "run the server"),
    "demo": ("demo", "run the server with the demo shop and print how to sign in"),
    "migrate": ("migrate", "bring the database to this release"),
    "ask": ("ask", "say something to a running server's bot"),
    "packs": ("packs", "check and build a pack's models"),
    "bench": ("bench", "load a server as many shoppers would, and report"),
    "doctor": ("doctor", "check this machine and say what to repair"),
    "_web": ("child", ""),
    "_worker": ("child", ""),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    args = list(sys.argv[1:] if argv is None else argv)
    if not args or args[0] in ("-h", "--help"):
        print(_usage())
        return 0 if args else 2
    if args[0] in ("-V", "--version"):
        print(f"xiaoer {__version__}")
        return 0
    if args[0] not in COMMANDS:
        print(f"xiaoer: there is no command '{args[0]}'\n\n{_usage()}", file=sys.stderr)
        return 2
    return _run(args[0], args[1:])


def _run(name: str, args: Sequence[str]) -> int:
    module_name, summary = COMMANDS[name]
    module = importlib.import_module(f"xiaoer.application.cli.{module_name}")
    parser = argparse.ArgumentParser(prog=f"xiaoer {name}", description=summary)
    module.configure(parser)
    parser.set_defaults(command=name)
    try:
        return int(module.run(parser.parse_args(args)))
    except XiaoerError as error:
        print(f"xiaoer: {error_text(error, _locale())}", file=sys.stderr)
        return 2 if isinstance(error, InvalidInput) else 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 1


def _locale() -> str:
    """The language of the terminal, as far as it is spoken here."""
    return "zh-CN" if os.environ.get("LC_ALL", os.environ.get("LANG", "")).startswith("zh") else "en"


def _usage() -> str:
    lines = [f"  {name:<10} {summary}" for name, (_, summary) in COMMANDS.items() if not name.startswith("_")]
    return "usage: xiaoer COMMAND [OPTIONS]\n\n" + "\n".join(lines) + "\n\nxiaoer COMMAND --help says more."
