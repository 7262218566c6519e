"""`xiaoer demo`: serve with the demo shop, and print where to look and how to sign in once it answers."""

from __future__ import annotations

import argparse

from xiaoer.application.cli import serve
from xiaoer.application.cli.options import read_options
from xiaoer.application.roles import parse_roles

# Path and what it is.
PAGES: tuple[tuple[str, str], ...] = (
    ("/demo", "shop page with the chat window"),
    ("/", "desk and console"),
    ("/docs", "API"),
    ("/healthz", "health"),
)


def configure(parser: argparse.ArgumentParser) -> None:
    serve.configure(parser)
    parser.set_defaults(demo=True)


def run(args: argparse.Namespace) -> int:
    return serve.serve(read_options(args), parse_roles(args.roles), on_ready=print_welcome)


def print_welcome(url: str) -> None:
    """What a person sees when the demo is up."""
    # Only here: the parent stays small until it has something to say.
    from xiaoer.business.onboarding.types import DEMO_ACCOUNTS

    lines = ["", "Xiaoer is up.", ""]
    lines += [f"  {url + path:<36} {what}" for path, what in PAGES]
    lines += ["", "Sign in to the console as", ""]
    lines += [f"  {one.email:<36} {one.password:<16} {one.name}, {one.role}" for one in DEMO_ACCOUNTS]
    print("\n".join([*lines, "", "Ctrl-C stops it."]), flush=True)
