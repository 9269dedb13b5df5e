"""What the compiler knows about a value while it writes code: how to get it, and what it cannot be."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.jsonata.compiler.scope import Scope


@dataclass(frozen=True, slots=True)
class Val:
    """A Python expression for a value, with what is known of it.

    `kind`: s n b o a z (null) f m (missing), or "" if unknown. `missing`: it may be MISSING. `raw`: it may be a
    sequence that has not been collapsed. `sequence`: it may be a Sequence rather than a list. `clean`: no sequence is
    inside of it. `simple`: the code is a name or a literal, so it may be repeated. `constant`: it is a literal.
    `truth`: cheaper code for its truth. `settled`: it is not a sequence of one item.
    `items`: the variable of a list of its own that holds its items, none of them an array.
    """

    code: str
    kind: str = ""
    missing: bool = True
    raw: bool = False
    sequence: bool = True
    clean: bool = False
    simple: bool = True
    truth: str | None = None
    constant: bool = False
    settled: bool = False
    items: str = ""

    def named(self, name: str, **known: bool) -> Val:
        """The same value under a name, with what else is known of it."""
        return replace(self, code=name, simple=True, truth=None, items="", **known)  # type: ignore[arg-type]


def scalar(code: str, kind: str, *, missing: bool = False, simple: bool = True, truth: str | None = None) -> Val:
    """A value that is neither array nor object."""
    return Val(code, kind, missing=missing, sequence=False, clean=True, simple=simple, truth=truth)


NOTHING = Val("M", "m", missing=True, sequence=False, clean=True, constant=True)


def merged(code: str, left: Val, right: Val) -> Val:
    """What is known of a value that is one of two."""
    same = left.kind if left.kind == right.kind else left.kind if right.kind == "m" else ""
    if left.kind == "m":
        same = right.kind
    return Val(
        code,
        same,
        missing=left.missing or right.missing,
        sequence=left.sequence or right.sequence,
        clean=left.clean and right.clean,
    )


@dataclass(frozen=True, slots=True)
class Here:
    """Where code is being written: the context value, the variables in scope, and where the result goes.

    `item`: the context is known not to be a list; `group`: it may well be one. `tail`: the value is the result of a
    function, left uncollapsed if it is that of a call; `bounce`: a call of a function may be left to the caller.
    `lead`: it stands in an array constructor at the start of a path, where the context is a sequence of the context.
    `output`: the value goes straight into the result of the expression; `store`: it becomes part of another value.
    """

    code: str
    scope: Scope
    clean: bool = True
    item: bool = False
    group: bool = False
    tail: bool = False
    bounce: bool = False
    output: bool = False
    store: bool = False
    lead: bool = False

    def inner(self) -> Here:
        """The same place, for a part whose value is used by the expression itself."""
        if not (self.tail or self.output or self.store):
            return self
        return Here(self.code, self.scope, self.clean, self.item, self.group, bounce=False, lead=self.lead)

    def within(self, code: str, *, clean: bool, item: bool = False, output: bool = False) -> Here:
        """The same scope with another context."""
        return Here(code, self.scope, clean, item, output=output)
