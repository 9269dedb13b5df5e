"""The life cycle of an entity: its milestones, who owns its fields, what is expected when, and what always holds.

Written beside the entity as `canonical/ENTITY/lifecycle.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from engine.contracts.ownership import Foreign, Owner, Ownership
from engine.contracts.values import nearest, path_text

_NAME = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
_FIELD = r"^\*$|^[A-Za-z][A-Za-z0-9]*(\[\])?(\.[A-Za-z][A-Za-z0-9]*(\[\])?)*$"
_DURATION = r"^[1-9][0-9]{0,5} (s|min|h|day|days|business hour|business hours|business day|business days)$"

Name = Annotated[str, Field(pattern=_NAME, max_length=64)]
FieldPath = Annotated[str, Field(pattern=_FIELD, max_length=200)]
Version = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,3}$")]
Day = Annotated[date, Field(strict=False)]
Sentence = Annotated[str, Field(min_length=10, max_length=500)]


class BadLifecycle(ValueError):
    """A life cycle that does not fit its model; `problems` are (path, sentence) pairs, all at once."""

    def __init__(self, problems: tuple[tuple[str, str], ...]) -> None:
        super().__init__("\n".join(f"{path or 'the document'}: {sentence}" for path, sentence in problems))
        self.problems = problems


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class MilestoneModel(_Model):
    """A point in the entity's life that people ask about."""

    milestone: Name = Field(description="The milestone by name.")
    summary: Sentence = Field(description="What has happened once it is reached.")
    after: list[Name] = Field(default=[], description="The milestones one of which must be reached before.")
    reported_by: Name = Field(description="The system, or role, whose word on it counts.")
    final: bool = Field(default=False, description="True where nothing more is expected afterwards.")


class OwnerModel(_Model):
    """Who owns a field, or all fields below it."""

    owner: Name = Field(description="The system, or role, whose value counts.")
    steward: Name = Field(description="The team that answers for the field.")
    writers: list[Name] = Field(default=[], description="Who else may change it.")
    subscribers: list[Name] = Field(default=[], description="Who is told of changes.")
    foreign: Foreign | None = Field(
        default=None, description="What becomes of a change by anybody else; by default as the entity says."
    )


class VersionModel(_Model):
    """How far one version of the entity has come."""

    stage: Literal["draft", "reviewed", "active", "deprecated", "retired"] = Field(
        description="A draft may change, an active version may not; a retired one is used no more."
    )
    approved_by: Name | None = Field(default=None, description="The team that approved it.")
    approved: Day | None = Field(default=None, description="When it was approved.")
    ends: Day | None = Field(default=None, description="A deprecated version is served until this day.")
    successor: Version | None = Field(default=None, description="The version to use in its place.")


class ExpectationModel(_Model):
    """A milestone that is to be reached within a time."""

    expect: Name = Field(description="The milestone that is expected.")
    after: Name = Field(description="The milestone from which the time is counted.")
    within: str = Field(pattern=_DURATION, description="How long it may take, such as `5 min` or `4 business hours`.")
    owner: Name = Field(description="The team that looks into it when it is late.")
    severity: Literal["notice", "warning", "critical"] = Field(description="How loudly a delay is told.")


class InvariantModel(_Model):
    """A JSONata expression that is true of every valid document of the entity."""

    invariant: Name = Field(description="The invariant by name.")
    summary: Sentence = Field(description="What always holds, in words.")
    holds: str = Field(min_length=1, max_length=2000, description="The expression; true where the invariant holds.")
    owner: Name = Field(description="The team that looks into a document that breaks it.")


class Lifecycle(_Model):
    """What a workspace says of one entity beyond its shape."""

    entity: Name = Field(description="The entity, as its folder is called.")
    summary: Sentence = Field(description="What the life cycle is about.")
    key: FieldPath = Field(description="The field by which one is told from another.")
    revision: FieldPath | None = Field(
        default=None, description="The field that counts its states, where there is one."
    )
    versions: dict[Version, VersionModel] = Field(default={}, description="How far each version has come.")
    milestones: list[MilestoneModel] = Field(default=[], description="The milestones in their usual order.")
    foreign: Foreign = Field(
        default="refuse",
        description="What becomes of a change by somebody who is neither owner nor writer of the field: it is refused, "
        "parked for the steward, or published as a proposal on the topic `ENTITY.proposed`.",
    )
    owners: dict[FieldPath, OwnerModel] = Field(
        min_length=1, description="The owner of each field, by path; `*` owns what has no owner of its own."
    )
    expectations: list[ExpectationModel] = Field(default=[], description="What is expected when.")
    invariants: list[InvariantModel] = Field(default=[], description="What holds of every document.")

    @classmethod
    def read(cls, document: Mapping[str, Any]) -> Lifecycle:
        """The life cycle in a YAML document; raises `BadLifecycle` with every problem."""
        try:
            return cls.model_validate(document)
        except ValidationError as error:
            problems = [(path_text(problem["loc"]), problem["msg"]) for problem in error.errors()]
            raise BadLifecycle(
                tuple((path, sentence[:1].lower() + sentence[1:]) for path, sentence in problems)
            ) from None

    @property
    def ownership(self) -> Ownership:
        owners = self.owners.items()
        return Ownership(
            {
                path: Owner(o.owner, o.steward, tuple(o.writers), tuple(o.subscribers), o.foreign or self.foreign)
                for path, o in owners
            }
        )

    @model_validator(mode="after")
    def _names_fit(self) -> Lifecycle:
        problems = [*self._repeated(), *self._unknown(), *self._unreachable()]
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _repeated(self) -> Iterator[str]:
        for kind, names in (
            ("milestone", [each.milestone for each in self.milestones]),
            ("invariant", [each.invariant for each in self.invariants]),
        ):
            for name in sorted({name for name in names if names.count(name) > 1}):
                yield f"expected each {kind} once, got '{name}' {names.count(name)} times"

    def _unknown(self) -> Iterator[str]:
        known = [each.milestone for each in self.milestones]
        named = [name for each in self.milestones for name in each.after]
        named += [name for each in self.expectations for name in (each.expect, each.after)]
        for name in dict.fromkeys(named):
            if name not in known:
                hint = nearest(name, known)
                yield f"expected a milestone of this life cycle, got '{name}'" + (
                    f"; did you mean '{hint}'" if hint else ""
                )

    def _unreachable(self) -> Iterator[str]:
        """Milestones that wait for each other, or for one that ends the life."""
        final = {each.milestone for each in self.milestones if each.final}
        reached: set[str] = set()
        waiting = list(self.milestones)
        while ready := [m for m in waiting if not m.after or set(m.after) & (reached - final)]:
            reached.update(each.milestone for each in ready)
            waiting = [each for each in waiting if each.milestone not in reached]
        known = {each.milestone for each in self.milestones}
        for each in waiting:
            if set(each.after) & known:
                yield f"expected '{each.milestone}' to be reachable, got one that waits for {', '.join(each.after)}"
