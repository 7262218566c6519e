"""Reads timelines afresh over HTTP and holds them against the ledger."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xiaoer.application.cli.bench.wire import Http

PAGE = 500


@dataclass
class Account:
    """The ledger of the client process, as far as it is written."""

    acked: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)  # conversation -> its shopper's token
    seen: dict[str, list[tuple[int, str, str]]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Account:
        account = cls()
        for line in path.read_text().splitlines(keepends=True):
            if not line.endswith("\n"):
                break  # Being written at this moment.
            one = json.loads(line)
            match one["op"]:
                case "ack":
                    account.acked[one["id"]] = one
                case "conversation":
                    account.tokens[one["conversation"]] = one["token"]
                case "seen":
                    seen = account.seen.setdefault(one["conversation"], [])
                    seen.append((one["seq"], one["kind"], one["client"] or ""))
                case "fault":
                    account.faults.append(f"{one['who']}: {one['what']}")
        return account


async def read_all(http: Http, path: str, token: str) -> list[dict[str, Any]]:
    """Every event of a timeline, page after page."""
    events: list[dict[str, Any]] = []
    while True:
        since = events[-1]["seq"] if events else 0
        page = await http.expect("GET", f"{path}since={since}&limit={PAGE}", None, token)
        events += page["events"]
        if not page.get("has_more") or not page["events"]:
            return events


async def judge(http: Http, account: Account, agent_token: str, *, is_quiet: bool) -> list[str]:
    """What is wrong; with `is_quiet` nothing may be missing on any side, else the sides may differ at their ends."""
    faults = list(account.faults)
    for conversation_id, token in account.tokens.items():
        staff = await read_all(http, f"/conversations/{conversation_id}/events?", agent_token)
        path = f"/visitor/events?conversation_id={conversation_id}&"
        shopper = await read_all(http, path, token)
        acked = [one for one in account.acked.values() if one["conversation"] == conversation_id]
        name = conversation_id[-12:]
        faults += [f"{name}: {fault}" for fault in find_faults(staff, shopper, acked, is_quiet=is_quiet)]
        if is_quiet:
            seen = account.seen.get(conversation_id, [])
            told = [(one["seq"], one["kind"], one.get("client_id") or "") for one in shopper]
            if seen and told[seen[0][0] - 1 :] != seen:
                faults.append(f"{name}: the socket showed {len(seen)} events, the timeline has {len(told)}")
    missing = {one["conversation"] for one in account.acked.values()} - set(account.tokens)
    return faults + [f"{one}: acknowledged messages in a conversation nobody was shown" for one in missing]


def find_faults(
    staff: list[dict[str, Any]], shopper: list[dict[str, Any]], acked: list[dict[str, Any]], *, is_quiet: bool
) -> list[str]:
    """One timeline as both sides are told it, and what was acknowledged of it."""
    faults = []
    if [one["seq"] for one in staff] != list(range(1, len(staff) + 1)):
        faults.append(f"seq is not 1..{len(staff)}")
    public = [one for one in staff if one.get("public_seq") is not None]
    for side, numbers in (
        ("public_seq at the desk", [one["public_seq"] for one in public]),
        ("the shopper's seq", [one["seq"] for one in shopper]),
    ):
        if numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"{side} is not 1..{len(numbers)}")
    if is_quiet and len(public) != len(shopper):
        faults.append(f"{len(public)} public events at the desk, {len(shopper)} at the shopper's")
    for ours, theirs in zip(public, shopper, strict=False):
        if _as_public(ours) != _as_shown(theirs):
            faults.append(f"number {theirs['seq']} differs: {_as_public(ours)} and {_as_shown(theirs)}")
    ids = Counter(one["client_id"] for one in staff if one.get("client_id"))
    faults += [f"{one} stands there {times} times" for one, times in ids.items() if times > 1]
    return faults + _check_acked(staff, acked) + _check_turns(staff)


def _as_public(event: dict[str, Any]) -> tuple[Any, ...]:
    data = {key: value for key, value in event["data"].items() if key != "staff_id"}
    own = event.get("client_id") if event["actor"]["kind"] == "customer" else None
    return event["public_seq"], event["kind"], event["at"], event["actor"]["kind"], own, data


def _as_shown(event: dict[str, Any]) -> tuple[Any, ...]:
    return event["seq"], event["kind"], event["at"], event["actor"]["kind"], event.get("client_id"), event["data"]


def _check_acked(staff: list[dict[str, Any]], acked: list[dict[str, Any]]) -> list[str]:
    """Each acknowledged message is there, under its number, with its words, as the kind it was sent as."""
    faults = []
    stored = {one["client_id"]: one for one in staff if one.get("client_id")}
    for one in acked:
        event = stored.get(one["id"])
        if event is None:
            faults.append(f"LOST: {one['id']} was acknowledged as {one['seq']} and is not there")
            continue
        number = event["seq"] if one["who"] == "agent" else event["public_seq"]
        if number != one["seq"]:
            faults.append(f"{one['id']} was acknowledged as {one['seq']} and stands at {number}")
        if event["data"].get("text") != one["text"] or event["kind"] != ("note" if one["note"] else "message"):
            faults.append(f"{one['id']} was stored as something else: {event['kind']} {event['data']}")
        if one["note"] and event.get("public_seq") is not None:
            faults.append(f"{one['id']} is a note and public")
    return faults


def _check_turns(staff: list[dict[str, Any]]) -> list[str]:
    """A turn of the bot is one commit, so one instant; there are never more turns than the shopper said things."""
    asked, turns, instant = 0, 0, None
    for event in staff:
        if event["kind"] != "message":
            continue
        if event["actor"]["kind"] == "customer":
            asked += 1
        elif event["actor"]["kind"] == "bot" and event["at"] != instant:
            instant = event["at"]
            turns += 1
            if turns > asked:
                return [f"DOUBLED: the bot's turn {turns} at {event['seq']} after {asked} messages"]
    return []


async def find_unanswered(http: Http, account: Account, agent_token: str) -> list[str]:
    """Conversations that are the bot's and where the shopper had the last word."""
    found = []
    for conversation_id in account.tokens:
        snapshot = await http.expect("GET", f"/conversations/{conversation_id}", None, agent_token)
        said = [one for one in snapshot["events"] if one["kind"] == "message"]
        if snapshot["conversation"]["handler"] == "bot" and said and said[-1]["actor"]["kind"] == "customer":
            found.append(f"{conversation_id[-12:]}: the bot owes an answer to {said[-1].get('client_id')}")
    return found
