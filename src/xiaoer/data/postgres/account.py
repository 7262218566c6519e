"""The operating-system user PostgreSQL runs as. It refuses to run as root, so root lends it another.

In this order: the owner of an existing data directory, $XIAOER_PG_USER, `xiaoer-pg` (created when missing),
`postgres`, `nobody`. Anyone but root runs it as themselves.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from xiaoer.data.postgres.refusals import CannotStart

NAME = "xiaoer-pg"


@dataclass(frozen=True, slots=True)
class Account:
    uid: int
    gid: int
    name: str

    @property
    def is_lent(self) -> bool:
        """Whether processes must change their user to become it."""
        return self.uid != os.geteuid()


def find_account(cluster: Path) -> Account:
    """The account to run the server on `cluster` with; as root this may create a system user."""
    owner = cluster.stat().st_uid if cluster.exists() else None
    if os.geteuid() != 0:
        if owner not in (None, os.geteuid()):
            raise CannotStart(
                "postgres.foreign_data_dir",
                f"{cluster} belongs to user {owner}, you are {os.geteuid()}: run as that user (or as root), "
                "or choose another --data-dir",
                path=str(cluster),
            )
        return _account(pwd.getpwuid(os.geteuid()))
    if owner:
        return _account(pwd.getpwuid(owner))
    for name in (os.environ.get("XIAOER_PG_USER"), NAME, "postgres", "nobody"):
        if name and (entry := _find_entry(name) or _create_entry(name)):
            return _account(entry)
    raise CannotStart(
        "postgres.no_account",
        "PostgreSQL does not run as root and there is no other user to run it as: "
        f"create one ('useradd -r {NAME}'), name one in XIAOER_PG_USER, or set DATABASE_URL",
    )


def find_blocking_parent(path: Path, account: Account) -> Path | None:
    """The first directory on the way to `path` (itself included) that the account may not enter."""
    if not account.is_lent:
        return None
    for folder in (*reversed(path.parents), path):
        if folder.is_dir() and not _may_enter(folder.stat(), account):
            return folder
    return None


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)


def _find_entry(name: str) -> pwd.struct_passwd | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return entry if entry.pw_uid else None


def _create_entry(name: str) -> pwd.struct_passwd | None:
    """Create our own user and no other; a read-only /etc is no error, the next name is tried."""
    if name != NAME:
        return None
    shell = next((each for each in ("/usr/sbin/nologin", "/sbin/nologin") if os.path.exists(each)), "/bin/false")
    if shutil.which("useradd"):
        command = [
            "useradd",
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            shell,
            name,
        ]
    elif shutil.which("adduser"):
        command = ["adduser", "-S", "-D", "-H", "-h", "/nonexistent", "-s", shell, name]
    else:
        return None
    subprocess.run(command, check=False, capture_output=True, timeout=30)
    return _find_entry(name)


def _may_enter(found: os.stat_result, account: Account) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    # The server runs with its primary group only.
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def describe(account: Account) -> str:
    """`name (uid:group)` for messages."""
    try:
        group = grp.getgrgid(account.gid).gr_name
    except KeyError:
        group = str(account.gid)
    return f"{account.name} ({account.uid}:{group})"
