"""What every step of a pipeline is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from engine.errors import StepFailed
from engine.flow.compiled import PipelineStep
from engine.flow.exchange import Exchange
from engine.jsonata import Expression
from engine.outcome import Outcome

Result = Outcome | None
"""None goes on with the next step; an outcome ends the exchange."""


@dataclass(frozen=True, slots=True, eq=False)
class Step(ABC):
    """One step. `id` names it in journal, trace and commands; `when` is its condition.

    `run` answers at once, or with an awaitable where the step talks to a system or commits.
    """

    id: str
    when: Expression | None

    word: ClassVar[str]
    waits: ClassVar[bool] = False
    """Whether it talks to a system or commits, itself, so that it cannot run before its message is stored."""

    @abstractmethod
    def run(self, exchange: Exchange) -> Result | Awaitable[Result]:
        """Do the step's work on the exchange. Raises StepFailed."""

    def children(self) -> Sequence[Sequence[Step]]:
        """The sequences of steps inside this one."""
        return ()


def run_at_once(steps: Sequence[PipelineStep], exchange: Exchange) -> Result:
    """Run steps none of which waits, nor any inside them."""
    running = run_steps(steps, exchange)
    try:
        running.send(None)
    except StopIteration as end:
        result: Result = end.value
        return result
    running.close()
    raise AssertionError("a step that is said not to wait has waited")


async def run_steps(steps: Sequence[PipelineStep], exchange: Exchange) -> Result:
    """Run steps from top to bottom until one ends the exchange."""
    for step in steps:
        if step.when is not None and exchange.evaluate(step.when, step.id) is not True:
            continue
        try:
            made = step.run(exchange)
            result: Result = await made if made is not None and isinstance(made, Awaitable) else made
        except StepFailed as failed:
            if "step" not in failed.details:
                failed.details = {**failed.details, "step": exchange.step_key(step.id)}
            raise
        if result is not None:
            return result
    return None
