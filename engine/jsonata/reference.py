"""The reference page of the functions, made from their registry: `python -m engine.jsonata.reference`.

A test keeps `docs/reference/functions.md` equal to what this prints, and its examples true.
"""

from __future__ import annotations

import sys

from engine.jsonata.host import OWN
from engine.jsonata.library import STANDARD
from engine.jsonata.registry import Function

_INTRODUCTION = """\
# Functions

Made from the registry of functions by `python -m engine.jsonata.reference`; change it there.

Every expression of a workspace can call these. A signature says what a function takes and gives: `s` text, `n` number,
`b` true or false, `o` object, `a` list, `f` function, `x` anything; `?` may be left out, `-` is the context when left
out. "Nothing" is a missing value: its field is left out. `crossdock lint` knows the functions, and the code tables and
columns that `$lookup`, `$unit` and `$unitCode` name.

## Crossdock's own
"""
_STANDARD = """\
## JSONata's

Numbers stay exact in all of them. `$lookup("table", key)` also reads a code table of `canonical/codes`. `$now()` and
`$millis()` give the time of the message, not of the machine: the same message mapped again gives the same document.

| function | signature | what it gives |
|---|---|---|"""


def reference() -> str:
    """The page, as Markdown."""
    parts = [_INTRODUCTION]
    parts += [f"### ${function.name}\n\nSignature `{function.signature}`\n\n{function.doc}\n" for function in OWN]
    parts.append(_STANDARD)
    own = {function.name for function in OWN}
    rows = [_row(function) for name, function in sorted(STANDARD.items()) if name not in own]
    return "\n".join([*parts, *rows]) + "\n"


def _row(function: Function) -> str:
    doc = function.doc.replace("|", "\\|").replace("MISSING", "nothing")
    return f"| `${function.name}` | `{function.signature}` | {doc} |"


if __name__ == "__main__":
    sys.stdout.write(reference())
