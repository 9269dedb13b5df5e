"""Where messages come in: two events must not lie on one address, and none on a page of the engine's own."""

from __future__ import annotations

import re

from engine.lint.context import Context, EventOf
from engine.plugin import PAGES

_PARAMETER = re.compile(r"\{[^{}/]*\}")
_HTTP = re.compile(r"[A-Z]+ (?P<path>/\S*)")


def check_addresses(context: Context) -> None:
    """XD701: the connector names what an event occupies; parameters of any name are the same place."""
    taken: dict[tuple[str, str], EventOf] = {}
    for event in context.events():
        for address in event.connector.addresses(event.model):
            page = _own_page(address)
            if page is not None:
                context.findings.add(
                    "XD701",
                    event.system.places.key("events", event.key),
                    expected="an address of its own",
                    found=f"'{address}', where the engine has its page '{page}'",
                    hint="put it under a path such as '/hooks'",
                )
            key = (event.connector.name, _PARAMETER.sub("{}", address))
            first = taken.setdefault(key, event)
            if first is not event:
                mark = first.system.places.key("events", first.key)
                context.findings.add(
                    "XD701",
                    event.system.places.key("events", event.key),
                    expected="an address of its own",
                    found=f"'{address}', which '{first.name}' has too ({mark.file}:{mark.line})",
                )


def _own_page(address: str) -> str | None:
    """The page of the engine's own that an address would hide, or be hidden by, whatever its method.

    A path without parameters comes before those with some, so that only two of a kind are in each other's way.
    """
    match = _HTTP.fullmatch(address)
    if match is None:
        return None
    return next((page for page in PAGES if _same_place(match["path"], page)), None)


def _same_place(path: str, page: str) -> bool:
    if ("{" in path) != ("{" in page):
        return False
    ours, theirs = path.split("/"), page.split("/")
    return len(ours) == len(theirs) and all(map(_takes, ours, theirs))


def _takes(part: str, wanted: str) -> bool:
    """Whether a part of a path takes a part of a page's path, all of it where that is a parameter."""
    if "{" in wanted:
        return "{" in part
    return re.fullmatch(".+".join(map(re.escape, _PARAMETER.split(part))), wanted) is not None
