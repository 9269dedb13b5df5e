"""What the rules look at: the expressions of a workspace and what its flows do, found by walking everything once."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.fields.marks import Mark
from engine.lint.sites import Site
from engine.lint.typing import Made

Entities = frozenset[str] | None
"""Which canonical entities a document may be; None when that is not known."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A document that a step hands to an operation, or to a flow that it runs, as it is."""

    operation: str
    entities: Entities
    mark: Mark


@dataclass(frozen=True, slots=True)
class Published:
    """An event that a step appends to a topic; `tap` for a wire tap."""

    topic: str
    entities: Entities
    mark: Mark
    tap: bool = False


@dataclass(frozen=True, slots=True)
class Cut:
    """A list that a splitter cuts."""

    field: str
    entities: Entities
    mark: Mark


@dataclass(frozen=True, slots=True)
class Mapped:
    """An expression of the mapping of a system's event to an entity; `above` is the field that it makes, if one."""

    system: str
    entity: str
    above: str
    site: Site


@dataclass(slots=True)
class Facts:
    """All of it.

    `asked` are the variables that an operation's mappings can see wherever it is asked; `waited` are the topics on
    which parked messages wait, with the first place of each; `milestones` those that some step passes; `entering` what
    may enter each flow; `ran` the flows that other flows run.
    """

    sites: list[Site] = field(default_factory=list)
    handed: list[Handed] = field(default_factory=list)
    ran: list[Handed] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    mapped: list[Mapped] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    asked: dict[str, frozenset[str]] = field(default_factory=dict)
    waited: dict[str, Mark] = field(default_factory=dict)
    milestones: set[str] = field(default_factory=set)
    entering: dict[str, Entities] = field(default_factory=dict)
