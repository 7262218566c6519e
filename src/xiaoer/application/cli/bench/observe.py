"""What the server's processes cost: CPU, PSS and RSS of each, from /proc, down from the parent of `xiaoer serve`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_POSTGRES = "postgres"
_COMMANDS = {"_web": "web", "_worker": "worker", "serve": "parent", "demo": "parent"}


@dataclass(frozen=True, slots=True)
class Process:
    """One process at one moment; `cpu_ms` includes no children, `reaped_ms` those it has waited for."""

    pid: int
    role: str
    cpu_ms: float
    reaped_ms: float
    pss_kb: int
    rss_kb: int


def list_tree(parent: int) -> dict[int, list[str]]:
    """A process and all below it, parents before children, with their command lines."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            stat = _read_stat(int(entry.name))
            if stat:
                below.setdefault(int(stat[1]), []).append(int(entry.name))
    found: dict[int, list[str]] = {}
    due = [parent]
    while due:
        pid = due.pop(0)
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        found[pid] = raw.decode(errors="replace").strip("\0").split("\0")
        due += below.get(pid, [])
    return found


def sample(parent: int, *, with_memory: bool = True) -> list[Process]:
    """Every process below and including `parent`, as it is now; those that end meanwhile are left out."""
    found = []
    for pid, command in list_tree(parent).items():
        stat = _read_stat(pid)
        if stat:
            pss, rss = _read_memory(pid) if with_memory else (0, 0)
            user, system, child_user, child_system = (int(one) * _TICK_MS for one in stat[11:15])
            found.append(Process(pid, role_of(command), user + system, child_user + child_system, pss, rss))
    return found


def role_of(command: list[str]) -> str:
    """`parent`, `web`, `worker`, `postgres`, or `other`."""
    if command[0].startswith("postgres:") or Path(command[0].split(" ")[0]).name == _POSTGRES:
        return _POSTGRES
    return next((_COMMANDS[one] for one in command[1:4] if one in _COMMANDS), "other")


def find_postmaster(parent: int) -> int | None:
    """The embedded PostgreSQL's first process."""
    for pid, command in list_tree(parent).items():
        if Path(command[0]).name == _POSTGRES:
            return pid
    return None


def find_role(parent: int, role: str) -> int | None:
    """A child of that role."""
    return next((pid for pid, command in list_tree(parent).items() if role_of(command) == role), None)


def cpu_between(before: list[Process], after: list[Process]) -> dict[str, float]:
    """Milliseconds of CPU by role; processes that began meanwhile count whole, reaped ones through their parent."""
    earlier = {one.pid: one for one in before}
    spent: dict[str, float] = {}
    for one in after:
        prior = earlier.get(one.pid)
        ms = one.cpu_ms + one.reaped_ms - (prior.cpu_ms + prior.reaped_ms if prior else 0)
        spent[one.role] = spent.get(one.role, 0.0) + ms
    # What had been counted of processes that are gone by now sits in their parents' figure a second time.
    living = {one.pid for one in after}
    for one in before:
        if one.pid not in living:
            spent[one.role] = spent.get(one.role, 0.0) - one.cpu_ms - one.reaped_ms
    return spent


def memory_by_role(processes: list[Process]) -> dict[str, dict[str, float]]:
    """Per role: how many processes, PSS and RSS in MB (10^6 bytes)."""
    found: dict[str, dict[str, float]] = {}
    for one in processes:
        entry = found.setdefault(one.role, {"processes": 0, "pss_mb": 0.0, "rss_mb": 0.0})
        entry["processes"] += 1
        entry["pss_mb"] += one.pss_kb * 1024 / 1e6
        entry["rss_mb"] += one.rss_kb * 1024 / 1e6
    return {role: {key: round(value, 1) for key, value in entry.items()} for role, entry in found.items()}


def total_pss_mb(processes: list[Process]) -> float:
    """PSS of all in MB (10^6 bytes)."""
    return round(sum(one.pss_kb for one in processes) * 1024 / 1e6, 1)


def _read_stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat after the name: [0] state, [1] parent, [11:15] CPU ticks."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return None


def _read_memory(pid: int) -> tuple[int, int]:
    """PSS and RSS in kB; 0 where the kernel does not let us look."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0, 0
    values = {line.split(":")[0]: int(line.split()[1]) for line in lines if line.endswith("kB")}
    return values.get("Pss", 0), values.get("Rss", 0)
