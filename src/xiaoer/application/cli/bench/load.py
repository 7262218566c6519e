"""`xiaoer bench chat`: prepares the shop, lets the generators loose, watches the processes, collects the ledgers."""

from __future__ import annotations

import asyncio
import secrets
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from xiaoer.application.cli.bench import observe
from xiaoer.application.cli.bench.agents import Agent, check_desk, sign_in
from xiaoer.application.cli.bench.ledger import Ledger, Plan, PlannedTurn
from xiaoer.application.cli.bench.sentences import Sentence, plan_turns
from xiaoer.application.cli.bench.server import Target
from xiaoer.application.cli.bench.wire import Broken, Http, open_socket

_READY_SECONDS = 300
_SETTLE_SECONDS = 2.0
_DESK_SAMPLE = 200
_MOST_ACCOUNTS = 200


@dataclass(frozen=True, slots=True)
class Load:
    """What was asked for."""

    shoppers: int
    rate: float
    seconds: float
    warm_up: float
    generators: int
    seed: int
    verify_at_most: int
    reply_seconds: float = 10.0


@dataclass(slots=True)
class Outcome:
    """What one run showed."""

    load: Load
    ledgers: list[Ledger]
    cpu_ms: dict[str, float]
    before: list[observe.Process]
    after: list[observe.Process]
    agents: dict[str, Any]
    faults: list[str]
    signed_in: int
    compresses: bool


class _Generator:
    """A generator process and the lines it speaks."""

    def __init__(self, plan: Plan, scratch: Path, number: int) -> None:
        self.plan_file = scratch / f"plan-{number}.json"
        self.result_file = scratch / f"result-{number}.json"
        self.plan_file.write_bytes(msgspec.json.encode(plan))
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "xiaoer.application.cli.bench.worker", str(self.plan_file), str(self.result_file),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def hear(self, word: str, seconds: float) -> None:
        """Wait until it says so; raises Broken when it ends or says something else."""
        if self.process is None or self.process.stdout is None:
            raise Broken("the generator was not started")
        async with asyncio.timeout(seconds):
            line = (await self.process.stdout.readline()).decode().strip()
        if line != word:
            raise Broken(f"a load generator said {line!r} instead of {word!r}")

    def tell(self, line: str) -> None:
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.write(f"{line}\n".encode())

    async def stop(self) -> None:
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()


async def run_load(target: Target, load: Load, sentences: dict[str, list[Sentence]], scratch: Path) -> Outcome:
    """One run; raises Broken when it could not be carried out."""
    host, port = target.address
    http = Http(host, port, connections=8)
    staff = await sign_in(http)
    administrator = next(token for role, token in staff if role == "administrator")
    widget_key = (await http.expect("GET", "/shop/snippet", None, administrator))["widget_key"]
    signed_in = await _sign_shoppers_in(http, widget_key, max(1, load.shoppers // 4))
    desks = [token for role, token in staff if role == "agent"] or [administrator]
    agents = [Agent("list", watches=False), Agent("watcher", watches=True)]
    turns = plan_turns(sentences, load.rate, load.seconds, load.warm_up, load.seed)
    plans = _share_out(load, turns, signed_in, host, port, widget_key)
    generators = [_Generator(plan, scratch, number) for number, plan in enumerate(plans)]
    try:
        for agent, token in zip(agents, [desks[0], desks[-1]], strict=True):
            await agent.open(host, port, token)
        compresses = await _offers_compression(host, port)
        before = observe.sample(target.pid) if target.pid else []
        cpu_ms, after = await _let_loose(generators, load, target)
        for agent in agents:
            agent.close()
        for generator in generators:
            generator.tell("verify")
        for generator in generators:
            await generator.hear("done", 300)
        ledgers = [msgspec.json.decode(one.result_file.read_bytes(), type=Ledger) for one in generators]
        sample = [each for ledger in ledgers for each in ledger.own_conversations][:_DESK_SAMPLE]
        faults = await check_desk(http, administrator, sample) + [one for agent in agents for one in agent.faults]
    finally:
        for generator in generators:
            await generator.stop()
        await http.close()
    told = {agent.name: agent.tell() for agent in agents}
    return Outcome(load, ledgers, cpu_ms, before, after, told, faults, len(signed_in), compresses)


async def _let_loose(
    generators: list[_Generator], load: Load, target: Target
) -> tuple[dict[str, float], list[observe.Process]]:
    """Run the load; CPU by role between its first and its last second, and the processes at its end."""
    for generator in generators:
        await generator.start()
    for generator in generators:
        await generator.hear("ready", _READY_SECONDS)
    await asyncio.sleep(_SETTLE_SECONDS)
    start = time.monotonic() + load.warm_up + 0.3
    for generator in generators:
        generator.tell(repr(start))
    await asyncio.sleep(start - time.monotonic())
    first = observe.sample(target.pid, with_memory=False) if target.pid else []
    await asyncio.sleep(start + load.seconds - time.monotonic())
    last = observe.sample(target.pid) if target.pid else []
    for generator in generators:
        await generator.hear("idle", load.reply_seconds + 30)
    return observe.cpu_between(first, last), last


def _share_out(
    load: Load, turns: list[PlannedTurn], signed_in: list[str], host: str, port: int, widget_key: str
) -> list[Plan]:
    count, prefix = load.generators, secrets.token_hex(4)
    return [
        Plan(
            host=host, port=port, widget_key=widget_key, prefix=f"b{prefix}{number}",
            shoppers=load.shoppers // count + (number < load.shoppers % count), signed_in=signed_in[number::count],
            turns=turns[number::count], reply_seconds=load.reply_seconds,
            verify_at_most=max(1, load.verify_at_most // count),
        )
        for number in range(count)
    ]  # fmt: skip


async def _sign_shoppers_in(http: Http, widget_key: str, wanted: int) -> list[str]:
    """Tokens of demo shoppers with at least two orders: each is one person with one conversation at a time."""
    items = (await http.expect("GET", "/storefront/accounts"))["items"]
    tokens: list[str] = []
    for item in items[:_MOST_ACCOUNTS]:
        if len(tokens) == wanted:
            break
        identity = (await http.expect("POST", "/storefront/sign-in", {"account_id": item["account_id"]}))["identity"]
        body = {"widget_key": widget_key, "identity": identity, "locale": "zh-CN"}
        token = (await http.expect("POST", "/visitors", body))["token"]
        if len((await http.expect("GET", "/visitor/orders", None, token))["orders"]) >= 2:
            tokens.append(token)
    if not tokens:
        raise Broken("no demo shopper has two orders to pick from")
    return tokens


async def _offers_compression(host: str, port: int) -> bool:
    """Whether a browser, which offers it, would be spoken to compressed: that costs CPU and memory we do not see."""
    headers = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    with suppress(Broken, OSError, TimeoutError):
        socket = await open_socket(host, port, "/visitor/socket", lambda _: None, lambda _: None, headers)
        socket.close()
        return b"permessage-deflate" in socket.response
    return False
