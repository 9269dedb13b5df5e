"""Loads and compiles a workspace as a run does, for a run and for the commands that only look."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from engine.clock import Clock, SystemClock, moment
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.progress import Progress
from engine.contracts.registry import ContractRegistry
from engine.flow.compile import compile_workspace, no_garbage
from engine.flow.compiled import Revision
from engine.plugin import Plugin, Registry, folder_plugins, installed_plugins
from engine.sandbox.loader import load_stand_ins


def registry_for(folder: Path) -> Registry:
    """The installed plugins and those the workspace brings; its own copy of an installed one is that one."""
    installed = installed_plugins()
    names = {plugin.name for plugin in installed}
    own: Sequence[Plugin] = ()
    if (folder / "plugins").is_dir() and not (folder / "plugins" / "__init__.py").exists():
        own = folder_plugins(folder / "plugins")
    return Registry([*installed, *(plugin for plugin in own if plugin.name not in names)])


def check(
    folder: Path,
    *,
    complete: bool = True,
    sandbox: bool = False,
    variables: Mapping[str, str] | None = None,
    published: Bundle | None = None,
    clock: Clock | None = None,
    lenient: bool = False,
) -> tuple[Revision | None, Findings]:
    """Load and compile a workspace as `run` does. `complete` False takes absent variables and secrets as given.

    `published` are the files whose contracts others use already; `lenient` see `compile_workspace`.
    """
    findings = Findings()
    bundle = Bundle.from_directory(folder, findings)
    environment = Environment(
        dict(os.environ) if variables is None else variables, complete=complete, sandbox=sandbox or not complete
    )
    today = moment((clock or SystemClock()).now()).date()
    return check_files(folder, bundle, environment, findings, today=today, published=published, lenient=lenient)


def check_files(
    folder: Path,
    bundle: Bundle,
    environment: Environment,
    findings: Findings,
    *,
    today: date,
    published: Bundle | None = None,
    progress: Progress | None = None,
    lenient: bool = False,
) -> tuple[Revision | None, Findings]:
    """The same for files that are read already; `findings` holds what reading them found."""
    checks = (check_stand_ins,)
    with no_garbage():
        return compile_workspace(
            bundle,
            registry_for(folder),
            environment,
            findings,
            checks,
            lazy=True,
            today=today,
            published=published,
            progress=progress,
            lenient=lenient,
        )


def check_stand_ins(bundle: Bundle, environment: Environment, contracts: ContractRegistry, findings: Findings) -> None:
    """Findings of the stand-ins' files, as a check of `compile_workspace`."""
    load_stand_ins(bundle, environment, contracts.resolve, findings)
