"""`python -m tests.chaos.kill --kills 20 --pg-kills 5`: kill -9 at random moments under load, and judge.

Kills of the first kind fall on the web child, the worker and the whole tree (PostgreSQL included) in turn, those of
the second on PostgreSQL alone; an outage is such a kill with the parent asleep, so that the database stays away for
longer than a lease. After each, everything acknowledged is read back by fresh requests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import signal
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from xiaoer.application.cli.bench import observe
from xiaoer.application.cli.bench.agents import sign_in
from xiaoer.application.cli.bench.report import percentile, record
from xiaoer.application.cli.bench.server import OwnServer, find_free_port, make_scratch
from xiaoer.application.cli.bench.wire import Broken, Http
from xiaoer.kit.errors import Unavailable

from .client import Settings
from .timeline import Account, find_unanswered, judge

ROOT = Path(__file__).parents[2]
OUTAGE_SECONDS = 6.0
LIMITS = {"web": 2.0, "worker": 2.0, "tree": 5.0, "postgres": 10.0, "outage": OUTAGE_SECONDS + 10.0}
IN_FLIGHT_SHARE = 0.8
ANSWER_SECONDS = 15.0
STARTS = 20


@dataclass
class Result:
    """What a run showed; `resumed` holds seconds by kind of kill, one for each person."""

    seed: int
    kills: int = 0
    in_flight: int = 0
    acked: int = 0
    notes: int = 0
    resent: int = 0
    seconds: float = 0.0
    resumed: dict[str, list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def p99(self, kind: str) -> float:
        return percentile([1000 * one for one in self.resumed.get(kind, [])], 0.99) / 1000

    def slow(self, factor: float = 1.0) -> list[str]:
        """Kinds of kill whose p99 is over its limit."""
        return [
            f"after a kill of {kind} p99 was {self.p99(kind):.2f} s, limit {limit} s"
            for kind, limit in LIMITS.items()
            if self.p99(kind) > limit * factor
        ]


class Run:
    """A server, a client process, and kills."""

    def __init__(self, seed: int, rate: float, shoppers: int) -> None:
        self.result = Result(seed)
        self.dice = random.Random(seed)
        self.rate = rate
        self.shoppers = shoppers
        self.scratch = make_scratch()
        self.server = OwnServer(self.scratch / "data", find_free_port())
        self.ledger = self.scratch / "ledger.jsonl"
        self.agent_token = ""
        self.client: asyncio.subprocess.Process | None = None

    async def carry_out(self, kinds: list[str]) -> Result:
        begun = time.monotonic()
        self.server.start()
        http = Http("127.0.0.1", self.server.port)
        try:
            await self._start_client(http)
            for kind in kinds:
                await asyncio.sleep(self.dice.uniform(0.7, 2.0))
                await self._kill(kind)
                self.result.faults += await self._judge(http, kind, is_quiet=False)
            await asyncio.sleep(1)
            self._tell(do="stop")
            await self._hear("stopped", 40)
            self.result.faults += await self._judge(http, "the end", is_quiet=True)
            self.result.faults += await self._await_answers(http)
            self._count()
        finally:
            if self.client is not None and self.client.returncode is None:
                self.client.kill()
                await self.client.wait()
            await http.close()
        self.result.seconds = round(time.monotonic() - begun, 1)
        return self.result

    def clean_up(self, *, keep: bool = False) -> None:
        self.server.stop()
        if not keep:
            shutil.rmtree(self.scratch, ignore_errors=True)

    async def _start_client(self, http: Http) -> None:
        staff = await sign_in(http)
        administrator = next(token for role, token in staff if role == "administrator")
        self.agent_token = next(token for role, token in staff if role == "agent")
        widget_key = (await http.expect("GET", "/shop/snippet", None, administrator))["widget_key"]
        settings = Settings(
            "127.0.0.1", self.server.port, widget_key, self.agent_token, str(self.ledger), self.rate, self.shoppers,
            self.result.seed,
        )  # fmt: skip
        self.client = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.client", json.dumps(asdict(settings)), cwd=ROOT,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await self._hear("ready", 90)

    async def _kill(self, kind: str) -> None:
        pids = self._aim(kind)
        if kind == "outage" and self.server.process is not None:
            self.server.process.send_signal(signal.SIGSTOP)
        self._tell(do="kill", label=kind, pids=pids)
        killed = await self._hear("killed", 30)
        if kind == "outage" and self.server.process is not None:
            await asyncio.sleep(OUTAGE_SECONDS)
            self.server.process.send_signal(signal.SIGCONT)
        self.result.kills += 1
        self.result.in_flight += killed["in_flight"] > 0
        if kind == "tree":
            await self._restart()
        resumed = await self._hear("resumed", 90)
        self.result.resumed.setdefault(kind, []).extend(resumed["seconds"].values())
        slowest = max(resumed["seconds"], key=resumed["seconds"].get, default="nobody")
        middle = percentile([1000 * one for one in resumed["seconds"].values()], 0.5) / 1000
        print(
            f"  {kind:<9} {killed['in_flight']} in flight, everybody heard again: p50 {middle:.2f} s, "
            f"last {slowest} {resumed['seconds'].get(slowest, 0):.2f} s",
            flush=True,
        )
        self.result.faults += [f"after {kind}: {one} was not heard again in 60 s" for one in resumed["never"]]

    def _aim(self, kind: str) -> list[int]:
        """The processes to end."""
        parent = self.server.process.pid if self.server.process else 0
        if kind == "tree":
            return list(observe.list_tree(parent))
        found = observe.find_postmaster(parent) if kind in ("postgres", "outage") else observe.find_role(parent, kind)
        if found is None:
            raise Broken(f"there is no {kind} to kill: {observe.list_tree(parent)}")
        return [found]

    async def _restart(self) -> None:
        """What systemd or a container would do: start again, and again; that it takes more than once is a fault."""
        if self.server.process is not None:
            self.server.process.wait(10)
        for attempt in range(STARTS):
            try:
                await asyncio.to_thread(self.server.start)
                return
            except Unavailable:
                words = self.server.tail()[-300:]
                self.result.faults.append(f"start {attempt + 1} after the kill of the tree failed: {words}")
                await asyncio.sleep(0.2)
        raise Broken("the server does not start any more")

    async def _judge(self, http: Http, when: str, *, is_quiet: bool) -> list[str]:
        account = Account.read(self.ledger)
        try:
            faults = await judge(http, account, self.agent_token, is_quiet=is_quiet)
        except (Broken, OSError, TimeoutError) as error:
            faults = [f"cannot be read: {error}"]
        known = set(self.result.faults)
        return [one for one in (f"after {when}: {fault}" for fault in faults) if not _is_known(one, known)]

    async def _await_answers(self, http: Http) -> list[str]:
        """Turns that were under way when their process died are taken by somebody else."""
        account, deadline = Account.read(self.ledger), time.monotonic() + ANSWER_SECONDS
        while unanswered := await find_unanswered(http, account, self.agent_token):
            if time.monotonic() > deadline:
                return [f"never answered: {one}" for one in unanswered]
            await asyncio.sleep(0.5)
        return []

    def _count(self) -> None:
        acked = Account.read(self.ledger).acked.values()
        self.result.acked = len(acked)
        self.result.notes = sum(one["note"] for one in acked)
        self.result.resent = sum(one["attempts"] > 1 for one in acked)

    def _tell(self, **command: Any) -> None:
        if self.client is not None and self.client.stdin is not None:
            self.client.stdin.write(json.dumps(command).encode() + b"\n")

    async def _hear(self, event: str, seconds: float) -> dict[str, Any]:
        if self.client is None or self.client.stdout is None:
            raise Broken("there is no client process")
        async with asyncio.timeout(seconds):
            line = await self.client.stdout.readline()
        said: dict[str, Any] = json.loads(line) if line.strip() else {}
        if said.get("event") != event:
            raise Broken(f"the client said {said} instead of {event}")
        return said


def _is_known(fault: str, known: set[str]) -> bool:
    """The same fault stays in the timeline and would be found after every later kill again."""
    return any(fault.partition(": ")[2] == one.partition(": ")[2] for one in known)


def plan_kills(kills: int, pg_kills: int, outages: int, dice: random.Random) -> list[str]:
    """Web, worker and tree in equal parts, PostgreSQL between them, in random order."""
    kinds = [("web", "tree", "worker")[number % 3] for number in range(kills)]
    kinds += ["postgres"] * pg_kills + ["outage"] * outages
    dice.shuffle(kinds)
    return kinds


def run(seed: int, kinds: list[str], *, rate: float = 50.0, shoppers: int = 40, keep: bool = False) -> Result:
    """One run with those kills; the server's log is printed when something was wrong."""
    one = Run(seed, rate, shoppers)
    try:
        result = asyncio.run(one.carry_out(kinds))
        if result.faults:
            print(one.server.tail(), file=sys.stderr)
        return result
    finally:
        one.clean_up(keep=keep)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kill")
    parser.add_argument("--kills", type=int, default=20, help="of the web child, the worker and the whole tree in turn")
    parser.add_argument("--pg-kills", type=int, default=5, help="of PostgreSQL alone")
    parser.add_argument("--outages", type=int, default=1, help="of PostgreSQL, some seconds long")
    parser.add_argument("--rate", type=float, default=50.0, help="messages a second")
    parser.add_argument("--shoppers", type=int, default=40)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", action="store_true", help="leave data, ledger and log in /var/tmp")
    parser.add_argument("--record", action="store_true", help="add a line to docs/measurements/chaos.md")
    args = parser.parse_args()
    seed = random.randrange(10**6) if args.seed is None else args.seed
    kinds = plan_kills(args.kills, args.pg_kills, args.outages, random.Random(seed))
    print(f"seed {seed}: {' '.join(kinds)}", flush=True)
    result = run(seed, kinds, rate=args.rate, shoppers=args.shoppers, keep=args.keep)
    share = result.in_flight / max(1, result.kills)
    missed = result.faults + result.slow()
    if share < IN_FLIGHT_SHARE:
        missed.append(f"only {share:.0%} of the kills hit a commit in flight: the run does not count")
    figures: dict[str, Any] = {
        "seed": seed, "kills": result.kills, "in_flight_share": round(share, 2), "acked": result.acked,
        "notes": result.notes, "resent": result.resent, "faults": len(result.faults), "seconds": result.seconds,
        **{f"p99_s_{kind}": round(result.p99(kind), 2) for kind in LIMITS},
        **{f"p50_s_{kind}": round(percentile([1000 * s for s in result.resumed.get(kind, [])], 0.5) / 1000, 2)
           for kind in LIMITS},
    }  # fmt: skip
    for line in missed[:40]:
        print(f"! {line}")
    if args.record:
        print(f"recorded in {record('chaos.md', 'Kill -9 under load', figures)}")
    print(json.dumps(figures))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
