"""The story of a message or a business transaction, for a person: what happened when, and what must happen next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from engine.cli.output import STYLES, Output
from engine.cli.plain import day_of, lasted, local, one_line, seconds_of, time_of
from engine.cli.stops import counted

_SHOWN = 160
_INTERNAL = "@"
"""Entries of the journal that belong to no step of the flow, such as the stale guard's mark."""

_JOURNAL = {
    "begun": "begun",
    "done": "done",
    "output": "appended",
    "parked": "parked",
    "released": "released",
    "undo-begun": "undo begun",
    "undone": "undone",
}
_MESSAGE_COLUMNS = (("MESSAGE", "left"), ("CHANNEL", "left"), ("OPERATION", "left"), ("STATE", "left"))


class Moment(NamedTuple):
    """One line of the story, with the longer texts that stand below it."""

    at: str
    what: str
    about: str
    below: tuple[tuple[str, str], ...] = ()


def print_message(output: Output, message: Mapping[str, Any], *, full: bool = False) -> None:
    """One message."""
    output.say(f"{message['id']}  {message['channel']}  {message['state']}", style=STYLES.get(message["state"], ""))
    for name, value in _facts(message):
        output.say(f"  {name:<12}{value}")
    output.say()
    _print_story(output, sorted(_moments(message), key=lambda moment: moment.at), full=full)
    if full:
        _print_payload(output, message)
    if message["caused"]:
        output.say()
        output.say("  it led to")
        _print_messages(output, message["caused"])
    output.say()
    _print_trouble(output, message)
    output.say(f"next: {message['next'] or 'nothing, it has ended'}")


def print_transaction(output: Output, transaction: Mapping[str, Any]) -> None:
    """Everything that belongs to one business key."""
    output.say(f"{transaction['key']}  {counted(len(transaction['messages']), 'message')}")
    output.say(f"  {'keys':<12}{_keys(transaction['businessKeys'])}")
    output.say(f"  {'correlation':<12}{transaction['correlationId']}")
    if transaction["milestones"]:
        output.say()
        for milestone in transaction["milestones"]:
            note = f"  {one_line(milestone['note'])}" if milestone["note"] else ""
            output.say(f"  {local(milestone['at'])}  {milestone['name']}{note}")
    output.say()
    _print_messages(output, transaction["messages"], with_time=True)
    output.say()
    for step in transaction["next"]:
        output.say(f"next: {step}")


def _facts(message: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if message["businessKeys"]:
        yield "keys", _keys(message["businessKeys"])
    came = f"{message['source']} at {local(message['receivedAt'])}"
    yield "came from", f"{came}, from message {message['cause']}" if message["cause"] else came
    if message["operation"]:
        yield "operation", message["operation"]
    yield "correlation", message["correlationId"]
    if message["lane"]:
        yield "lane", message["lane"]
    if message["revision"]:
        yield "revision", message["revision"]
    if message["settledAt"]:
        yield "took", lasted(seconds_of(message["settledAt"]) - seconds_of(message["receivedAt"]))


def _moments(message: Mapping[str, Any]) -> Iterator[Moment]:
    payload = message["payload"]
    size = counted(len(payload), "character") if payload is not None else "payload erased"
    yield Moment(message["receivedAt"], "received", f"{message['source']}, {size}")
    yield from (_step(entry) for entry in message["steps"] if not entry["step"].startswith(_INTERNAL))
    for attempt in message["attempts_made"]:
        yield _attempt(attempt)
    for milestone in message["milestones"]:
        note = f": {milestone['note']}" if milestone["note"] else ""
        yield Moment(milestone["at"], "milestone", milestone["name"] + note)
    for audit in message["audit"]:
        why = f": {audit['reason']}" if audit["reason"] else ""
        yield Moment(audit["at"], audit["verb"], f"ordered by {audit['who']}{why}")
    if message["settledAt"]:
        answer = (("answer", message["answer"]),) if message["answer"] else ()
        yield Moment(message["settledAt"], message["state"], "", answer)


def _step(entry: Mapping[str, Any]) -> Moment:
    known = {"step", "kind", "at", "request", "reply"}
    if not entry.get("generation"):
        known.add("generation")
    if entry["step"].endswith(str(entry.get("operation"))):
        known.add("operation")
    facts = [f"{name} {_short(value)}" for name, value in entry.items() if name not in known]
    words = ("given", "yielded") if entry["kind"] == "done" else ("sent", "received")
    texts = zip(words, (entry.get("request"), entry.get("reply")), strict=True)
    below = tuple((name, text) for name, text in texts if text)
    return Moment(entry["at"], _JOURNAL.get(entry["kind"], entry["kind"]), ", ".join([entry["step"], *facts]), below)


def _attempt(attempt: Mapping[str, Any]) -> Moment:
    took = lasted(attempt["milliseconds"] / 1000)
    status = f", status {attempt['status']}" if attempt["status"] is not None else ""
    why = f", {attempt['reason']}: {attempt['detail']}" if attempt["reason"] else ""
    texts = [("sent", attempt["request"]), ("received", attempt["reply"])]
    below = tuple((name, text) for name, text in texts if text)
    about = f"{attempt['outcome']}, took {took}{status}{why}"
    return Moment(attempt["startedAt"], f"attempt {attempt['number']}", about, below)


def _print_story(output: Output, moments: list[Moment], *, full: bool) -> None:
    day = ""
    widest = max(len(moment.what) for moment in moments)
    for moment in moments:
        if day_of(moment.at) != day:
            day = day_of(moment.at)
            output.say(f"  {day}", style="bold")
        line = f"  {time_of(moment.at)}  {moment.what:<{widest}}  {one_line(moment.about, 300)}"
        output.say(line.rstrip(), style=STYLES.get(moment.what, ""))
        for name, text in moment.below:
            shown = text if full else one_line(text, _SHOWN)
            output.say(f"  {'':<12}  {'':<{widest}}  {name}: {shown}", style="dim")


def _print_payload(output: Output, message: Mapping[str, Any]) -> None:
    output.say()
    output.say("  headers")
    for name, value in message["headers"].items():
        output.say(f"    {name}: {value}")
    output.say("  payload")
    output.say(message["payload"] if message["payload"] is not None else "    it was erased")


def _print_messages(output: Output, messages: list[dict[str, Any]], *, with_time: bool = False) -> None:
    columns = [("RECEIVED", "left"), *_MESSAGE_COLUMNS] if with_time else [*_MESSAGE_COLUMNS]
    rows = []
    for message in messages:
        time = (local(message["receivedAt"]),) if with_time else ()
        why = (message.get("failure") or message.get("parked") or {}).get("reason", "")
        rows.append((*time, message["id"], message["channel"], message["operation"] or "", message["state"], why))
    output.table([*columns, ("WHY", "fold")], rows, indent=2 if with_time else 4)


def _print_trouble(output: Output, message: Mapping[str, Any]) -> None:
    """What is broken in the payload, and what a person has to undo; `next` says the rest."""
    failure = message.get("failure") or {}
    violations = (failure.get("details") or {}).get("violations") or ()
    for violation in violations:
        output.say(f"  {violation.get('message') or violation.get('path')}")
    for remaining in failure.get("remaining") or ():
        output.say(f"  to be undone by hand: {remaining}")


def _keys(pairs: list[dict[str, str]]) -> str:
    return ", ".join(f"{pair['kind']} {pair['value']}" for pair in pairs) or "none"


def _short(value: Any) -> str:
    return one_line(", ".join(map(str, value)) if isinstance(value, list) else str(value), _SHOWN)
