"""Finds the place of a failure: the offset in the expression and the path in the data, from a traceback."""

from __future__ import annotations

from traceback import walk_tb
from types import FrameType

from engine.jsonata.compiler.compile import Program
from engine.jsonata.compiler.later import LaterProgram


def place_of(raised: BaseException, program: Program | LaterProgram) -> tuple[int | None, str | None]:
    """Where in the expression (offset) and in its input (`lines[3]`) an exception came from, as far as can be told."""
    offset: int | None = None
    steps: list[str] = []
    for frame, line in walk_tb(raised.__traceback__):
        if frame.f_globals is program.run.__globals__ and line <= len(program.offsets):
            offset = program.offsets[line - 1]
            steps += _loops(frame, line, program)
    return offset, ".".join(steps) or None


def _loops(frame: FrameType, line: int, program: Program | LaterProgram) -> list[str]:
    """The items that the loops around a line are at, outermost first."""
    found = []
    for loop in sorted(program.loops, key=lambda loop: loop.start):
        if loop.start <= line <= loop.end and loop.item in frame.f_locals:
            found.append(loop.label + _index(frame.f_locals[loop.item], frame.f_locals.get(loop.items)))
    return found


def _index(item: object, items: object) -> str:
    if not isinstance(items, list):
        return ""
    return next((f"[{index}]" for index, candidate in enumerate(items) if candidate is item), "")
