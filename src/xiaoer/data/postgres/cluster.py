"""The database cluster on disk: directories, initdb, roles, configuration. Nothing here keeps a server running.

Below the data directory: `postgres/` (the cluster), `postgres-secrets.json` (passwords, 0600),
`log/postgres.log`, `run/` (the socket), `server.lock`, and `postgresql.local.conf` for the operator's own
settings.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from xiaoer.data.postgres.account import Account, describe, find_blocking_parent
from xiaoer.data.postgres.binaries import Binaries
from xiaoer.data.postgres.refusals import CannotStart

DATABASE = "xiaoer"
SUPERUSER, OWNER, APP = "postgres", "xiaoer_owner", "xiaoer"
_SOCKET_NAME = ".s.PGSQL.5432"
_MAX_SOCKET_PATH = 107

# Sized for a small machine; fsync, full_page_writes and synchronous_commit keep PostgreSQL's default: on.
# Statement texts hold no values ($n), but error details would: hence terse.
_SETTINGS = """
listen_addresses = ''
unix_socket_permissions = 0700
cluster_name = 'xiaoer'
max_connections = 100
superuser_reserved_connections = 3
shared_buffers = 64MB
huge_pages = off
work_mem = 8MB
maintenance_work_mem = 64MB
effective_cache_size = 1GB
random_page_cost = 1.1
jit = off
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
autovacuum_max_workers = 2
fsync = on
full_page_writes = on
synchronous_commit = on
wal_level = replica
wal_compression = on
max_wal_size = 512MB
min_wal_size = 80MB
max_wal_senders = 4
checkpoint_timeout = 10min
idle_in_transaction_session_timeout = 60s
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = off
log_destination = 'stderr'
log_line_prefix = '%m [%p] '
log_error_verbosity = terse
log_min_error_statement = panic
log_checkpoints = off
"""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The places of one embedded server."""

    data_dir: Path
    account: Account
    binaries: Binaries
    sockets: Path

    @property
    def folder(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        return self.data_dir / "log" / "postgres.log"

    def dsn(self, role: str, database: str = DATABASE) -> str:
        """A connection URL for a role; the password comes from the secrets file."""
        password = json.loads((self.data_dir / "postgres-secrets.json").read_text())[role]
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.sockets), safe='')}"

    def identity(self) -> dict[str, object]:
        """What makes subprocess run a program as the account."""
        if not self.account.is_lent:
            return {}
        return {"user": self.account.uid, "group": self.account.gid, "extra_groups": []}


def prepare_directories(data_dir: Path, account: Account) -> Path:
    """Create what is missing, refuse what the account cannot reach; returns the socket directory."""
    existing = next(folder for folder in (data_dir, *data_dir.parents) if folder.exists())
    # The directory itself is ours to open up, those above it are not.
    _check_reachable(data_dir.parent if existing == data_dir else existing, account)
    for folder in (*reversed(data_dir.parents), data_dir):
        if not folder.exists():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o755)
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise CannotStart("postgres.data_dir_not_writable", f"{data_dir} is not writable: choose another --data-dir")
    # Only its own user needs to read here; a lent account needs to pass through to its cluster.
    data_dir.chmod(0o711 if account.is_lent else 0o700)
    (data_dir / "log").mkdir(mode=0o700, exist_ok=True)
    return _prepare_sockets(data_dir, account)


def _check_reachable(folder: Path, account: Account) -> None:
    blocked = find_blocking_parent(folder, account)
    if blocked is not None:
        raise CannotStart(
            "postgres.unreachable_data_dir",
            f"PostgreSQL runs as user {describe(account)}, which may not enter {blocked}: "
            "choose a --data-dir outside of it, for example /var/lib/xiaoer",
            path=str(blocked),
        )


def check_major(folder: Path, binaries: Binaries) -> None:
    """Refuse a cluster that another major version made."""
    version = folder / "PG_VERSION"
    if version.exists() and int(version.read_text()) != binaries.major:
        raise CannotStart(
            "postgres.other_major",
            f"{folder} was made by PostgreSQL {version.read_text().strip()}, "
            f"the programs in {binaries.folder} are {binaries.version}: "
            "dump it with the old programs (XIAOER_PG_BINDIR) and restore it here",
            found=version.read_text().strip(),
            programs=binaries.version,
        )


def create_cluster(cluster: Cluster) -> None:
    """initdb and our roles in a draft directory, renamed when complete: a crash leaves nothing half-made."""
    draft = cluster.data_dir / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    os.chown(draft, cluster.account.uid, cluster.account.gid)
    # The server starts with passwords only: pg_hba.conf is ours before anyone can connect.
    _run(
        cluster,
        "initdb",
        "-D",
        str(draft),
        "-U",
        SUPERUSER,
        "--auth=trust",
        "-k",
        "-E",
        "UTF8",
        *_locale(cluster),
    )
    (draft / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    passwords = {role: secrets.token_urlsafe(24) for role in (SUPERUSER, OWNER, APP)}
    _write_secret(cluster.data_dir / "postgres-secrets.json", json.dumps(passwords))
    _run(cluster, "postgres", "--single", "-D", str(draft), "template1", stdin=_bootstrap_sql(passwords))
    draft.rename(cluster.folder)


def write_configuration(cluster: Cluster) -> None:
    """Write postgresql.conf anew at each start, so that a new release brings its settings along."""
    lines = [
        "# Written by xiaoer at each start. Your own settings go into ../postgresql.local.conf.",
        _SETTINGS.strip(),
        f"unix_socket_directories = '{cluster.sockets}'",
    ]
    if cluster.binaries.major >= 18:
        lines.append("io_method = sync")  # Spares three idle I/O workers.
    local = cluster.data_dir / "postgresql.local.conf"
    if local.exists():
        lines.append(local.read_text())
    (cluster.folder / "postgresql.conf").write_text("\n".join(lines) + "\n")


def _bootstrap_sql(passwords: dict[str, str]) -> str:
    """One statement a line. The owner makes tables, the application only fills them: it can alter nothing."""
    grants = (
        ("TABLES", "SELECT, INSERT, UPDATE, DELETE"),
        ("SEQUENCES", "USAGE, SELECT"),
    )
    return "\n".join(
        [
            f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords[SUPERUSER]}'",
            f"CREATE ROLE {OWNER} LOGIN PASSWORD '{passwords[OWNER]}'",
            f"CREATE ROLE {APP} LOGIN PASSWORD '{passwords[APP]}'",
            # Made in template1, so that every database created later has them.
            *(f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT {what} ON {kind} TO {APP}" for kind, what in grants),
            f"GRANT CREATE ON SCHEMA public TO {OWNER}",
            f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
            "",
        ]
    )


def _locale(cluster: Cluster) -> list[str]:
    """Code-point order, and upper and lower case for all of Unicode, the same on every machine."""
    if cluster.binaries.major >= 17:
        return ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    known = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout.lower()
    return ["--locale=C.UTF-8" if "c.utf" in known else "--locale=C"]


def _run(cluster: Cluster, program: str, *args: str, stdin: str = "") -> None:
    """Run a program to its end as the account; its own words become the error."""
    try:
        done = subprocess.run(
            [cluster.binaries / program, *args],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env=clean_environment(),
            timeout=120,
            **cluster.identity(),  # type: ignore[call-overload]
        )
    except OSError as error:
        raise CannotStart("postgres.cannot_run", f"cannot run {cluster.binaries / program}: {error}") from error
    # In single-user mode an error ends in exit code 0; only its words tell.
    if done.returncode or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        words = (done.stderr or done.stdout).strip()
        raise CannotStart("postgres.setup_failed", f"{program} failed: {words[-500:]}", program=program)


def clean_environment() -> dict[str, str]:
    """No PG* variable of the caller's, no locale of theirs."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


def _prepare_sockets(data_dir: Path, account: Account) -> Path:
    """`<data_dir>/run`, or a short directory elsewhere when the kernel's 107 bytes do not hold that path."""
    folder = data_dir / "run"
    if len(os.fsencode(folder / _SOCKET_NAME)) > _MAX_SOCKET_PATH:
        digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
        base = Path("/run") if os.access("/run", os.W_OK) else Path("/tmp")  # noqa: S108
        folder = base / f"xiaoer-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # In /tmp anyone may have been here first.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (os.geteuid(), account.uid):
        raise CannotStart("postgres.foreign_socket_dir", f"{folder} belongs to somebody else: remove it")
    os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder


def _write_secret(path: Path, text: str) -> None:
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
