"""The rules, one family of findings a file. Each is a function over the loaded workspace that adds findings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.workspace import LoadedWorkspace
from engine.contracts.codes import CodeTables
from engine.contracts.registry import ContractRegistry
from engine.lint.context import Context
from engine.lint.rules.addresses import check_addresses
from engine.lint.rules.arms import check_arms
from engine.lint.rules.circles import check_circles
from engine.lint.rules.closed import check_closed
from engine.lint.rules.duplicates import check_duplicates
from engine.lint.rules.entities import check_entities
from engine.lint.rules.expressions import check_expressions
from engine.lint.rules.interfaces import check_interfaces
from engine.lint.rules.layers import check_layers
from engine.lint.rules.ownership import check_ownership
from engine.lint.rules.policies import check_policies
from engine.lint.rules.polled import check_polled
from engine.lint.rules.published import check_published
from engine.lint.rules.reach import check_reach
from engine.lint.rules.retries import check_second_tries
from engine.lint.rules.runbooks import check_runbooks
from engine.lint.rules.secrets import check_secrets
from engine.lint.rules.senders import check_senders
from engine.lint.rules.stages import check_stages
from engine.lint.rules.teams import check_teams
from engine.lint.rules.topics import check_topics
from engine.lint.rules.undoing import check_undoing
from engine.lint.rules.unused import check_unused
from engine.lint.rules.waiting import check_waiting
from engine.lint.sites import SiteReader
from engine.lint.walk_flows import walk_flows
from engine.lint.walk_lifecycles import walk_lifecycles
from engine.lint.walk_systems import walk_systems

RULES: Final[tuple[Callable[[Context], None], ...]] = (
    check_addresses,
    check_arms,
    check_circles,
    check_duplicates,
    check_layers,
    check_undoing,
    check_stages,
    check_runbooks,
    check_closed,
    check_entities,
    check_published,
    check_expressions,
    check_interfaces,
    check_ownership,
    check_policies,
    check_polled,
    check_reach,
    check_second_tries,
    check_secrets,
    check_senders,
    check_teams,
    check_topics,
    check_unused,
    check_waiting,
)


_SHARE = 10


def run_rules(
    loaded: LoadedWorkspace,
    contracts: ContractRegistry,
    codes: CodeTables,
    findings: Findings,
    today: date | None = None,
    published: Bundle | None = None,
) -> None:
    """Run every rule over a workspace whose files are parsed.

    Without `today` no date is looked at; without `published`, the files as others have them, no change is.
    """
    context = Context(loaded, contracts, codes, findings, today, published)
    reader = SiteReader(loaded.bundle, loaded.trees)
    walk_lifecycles(context)
    walk_flows(context, reader)
    walk_systems(context, reader)
    for rule in loaded.stages.through(RULES, _SHARE):
        rule(context)
