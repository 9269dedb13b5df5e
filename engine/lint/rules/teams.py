"""Teams that answer for something."""

from __future__ import annotations

from engine.config.findings import did_you_mean
from engine.fields.scalar import shown
from engine.lint.context import Context


def check_teams(context: Context) -> None:
    """XD201: the team that answers for a system is one of the workspace."""
    workspace = context.loaded.workspace
    teams = sorted(workspace.model.teams) if workspace is not None else []
    for system in context.systems.values():
        owner = system.model.owner
        if owner is not None and owner not in teams:
            hint = did_you_mean(owner, teams) or (f"there are {', '.join(teams[:12])}" if teams else "there are none")
            context.findings.add(
                "XD201",
                system.places.value("owner"),
                expected="a team of the workspace",
                found=shown(owner),
                hint=hint,
            )
