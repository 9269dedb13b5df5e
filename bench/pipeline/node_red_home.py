"""Node-RED for the comparison: installed from npm into the user's cache when it is not there yet."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import yaml

PACKAGES = ("node-red@4", "ajv@8")
STORE_PACKAGE = "better-sqlite3@12"
INSTALL_SECONDS = 600


class NotAvailable(Exception):
    """Why Node-RED cannot be measured here."""


def home(*, stored: bool) -> Path:
    """The folder with Node-RED in it, with a SQLite driver when `stored`. Raises NotAvailable."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise NotAvailable("node and npm are not installed")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(os.environ.get("CROSSDOCK_BENCH_NODE_RED") or cache / "crossdock-bench" / "node-red")
    wanted = [*PACKAGES, *([STORE_PACKAGE] if stored else [])]
    missing = [name for name in wanted if not (folder / "node_modules" / name.partition("@")[0]).is_dir()]
    if missing:
        _install(folder, missing)
    return folder


def version(folder: Path) -> str:
    """Which Node-RED lies in `folder`."""
    manifest = json.loads((folder / "node_modules" / "node-red" / "package.json").read_text(encoding="utf-8"))
    return str(manifest["version"])


def _install(folder: Path, packages: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "package.json").exists():
        (folder / "package.json").write_text('{"name": "crossdock-bench", "private": true}\n', encoding="utf-8")
    command = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *packages]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        raise NotAvailable(f"npm did not install {', '.join(packages)} in {INSTALL_SECONDS} s") from None
    if done.returncode:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise NotAvailable(f"npm could not install {', '.join(packages)}: {' '.join(last)}")


def contract_as_json(contract: Path, folder: Path) -> Path:
    """The vendor's contract for ajv; returns the file in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / "contract.json"
    target.write_text(json.dumps(yaml.safe_load(contract.read_text(encoding="utf-8"))), encoding="utf-8")
    return target
