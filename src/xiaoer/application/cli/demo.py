"""`xiaoer demo`: serve with the demo shop, and print where to look and how to sign in once it answers."""

from __future__ import annotations

import argparse

from xiaoer.application.cli import serve
from xiaoer.application.cli.options import read_options
from xiaoer.application.roles import parse_roles

# Path and what it is; the sign-ins below them are those that the demo shop creates.
PAGES: tuple[tuple[str, str], ...] = (
    ("/demo", "shop page with the chat window"),
    ("/", "desk and console"),
    ("/docs", "API"),
    ("/healthz", "health"),
)
SIGN_INS: tuple[tuple[str, str, str], ...] = ()  # (role, e-mail, password)


def configure(parser: argparse.ArgumentParser) -> None:
    serve.configure(parser)
    parser.set_defaults(demo=True)


def run(args: argparse.Namespace) -> int:
    return serve.serve(read_options(args), parse_roles(args.roles), on_ready=print_welcome)


def print_welcome(url: str) -> None:
    """What a person sees when the demo is up; the place to extend is here."""
    lines = ["", "Xiaoer is up.", ""]
    lines += [f"  {url + path:<36} {what}" for path, what in PAGES]
    lines += [f"  {role:<14} {email} / {password}" for role, email, password in SIGN_INS]
    print("\n".join([*lines, "", "Ctrl-C stops it."]), flush=True)
