"""`xiaoer ask "…"`: one turn against a running server, as a visitor or as one of the shop's shoppers."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from xiaoer.application.cli.options import add_place, read_options
from xiaoer.kit.errors import Unavailable, XiaoerError
from xiaoer.kit.ids import new_id

_LIFE_SECONDS = 600


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", help="what the shopper says")
    parser.add_argument("--shopper", metavar="ID", help="the shop's own id of a signed-in shopper")
    parser.add_argument("--locale", default="zh-CN")
    parser.add_argument("--timeout", type=float, default=10, help="seconds to wait for the reply (10)")
    parser.add_argument("--json", action="store_true", help="the reply as one JSON object on the last line")
    add_place(parser)


def run(args: argparse.Namespace) -> int:
    config = read_options(args)
    place = _read_place(config.data_dir)
    shop_key, identity = asyncio.run(_sign(place["dsn"], config.data_dir, args.shopper))
    api = place["url"] + "/api/v1"
    hello = {"widget_key": shop_key, "identity": identity, "locale": args.locale}
    token = _call(f"{api}/visitors", hello)["token"]
    started = time.monotonic()
    sent = {"client_id": new_id().hex, "content": {"type": "text", "text": args.text}}
    ack = _call(f"{api}/visitor/messages", sent, token)
    events = _wait(api, ack, token, args.timeout)
    milliseconds = round((time.monotonic() - started) * 1000)
    for event in events:
        print(_as_text(event["data"]))
    if args.json:
        print(json.dumps({"replies": [event["data"] for event in events], "ms": milliseconds}, ensure_ascii=False))
    return 0 if events else 1


def _read_place(data_dir: Path) -> dict[str, str]:
    """Where the server of this data directory listens."""
    try:
        found: dict[str, str] = json.loads((data_dir / "server.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Unavailable("ask.no_server", path=str(data_dir / "server.json")) from error
    return found


async def _sign(dsn: str, data_dir: Path, shopper: str | None) -> tuple[str, dict[str, Any] | None]:
    """The first shop's widget key and, for a shopper, an identity signed as the shop's own server would."""
    from xiaoer.business.customer.rules import sign_identity
    from xiaoer.data.postgres.database import Database
    from xiaoer.data.stores import shop as store
    from xiaoer.kit.crypto import read_sealer

    db = await Database.connect(dsn, max_size=1)
    try:
        shops = await store.list_shops(db)
    finally:
        await db.close()
    if not shops:
        raise Unavailable("ask.no_shop")
    row = shops[0]
    if shopper is None:
        return row.widget_key, None
    secret = read_sealer(data_dir).open(row.shop_id, "shop", "identity_secret", str(row.shop_id), row.identity_secret)
    expires_at = int(time.time()) + _LIFE_SECONDS
    signature = sign_identity(secret.decode(), shopper, expires_at, row.widget_key)
    identity = {"user_id": shopper, "name": "", "expires_at": expires_at, "signature": signature}
    return row.widget_key, identity


def _call(url: str, body: dict[str, Any] | None = None, token: str | None = None) -> Any:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    raw = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(url, raw, headers), timeout=10) as answer:  # noqa: S310  our own server's address
            return json.loads(answer.read())
    except HTTPError as error:
        problem = json.loads(error.read() or b"{}")
        raise XiaoerError(problem.get("code", "server.failed"), **problem.get("params", {})) from error
    except URLError as error:
        raise Unavailable("ask.no_answer", url=url) from error


def _wait(api: str, ack: dict[str, Any], token: str, seconds: float) -> list[dict[str, Any]]:
    deadline = time.monotonic() + seconds
    url = f"{api}/visitor/events?conversation_id={ack['conversation_id']}&since={ack['seq']}"
    while time.monotonic() < deadline:
        events = [one for one in _call(url, token=token)["events"] if one["kind"] == "message"]
        if events:
            return events
        time.sleep(0.05)
    return []


def _as_text(data: dict[str, Any]) -> str:
    """A rich message as plain text."""
    from xiaoer.business.conversation.rules import degrade

    return degrade(data)
