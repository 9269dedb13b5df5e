"""Orders by name with plain arguments: what the control socket carries, and what the CLI runs when no process is up.

Every order takes and gives JSON. `ORDERS` is the table; the faces list nothing of their own.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.clock import iso
from engine.errors import CommandRefused
from engine.fields.nearest import did_you_mean
from engine.ids import id_value
from engine.message import INVALID_CHANNEL, Message, State, flow_channel
from engine.plugin import Arrival, Intake
from engine.recovery.commands import UNVERIFIED, Commands, Done, Person
from engine.store.protocol import MessageStore
from engine.store.records import Selection
from engine.tracking.record import newest
from engine.tracking.views import Views

_AT_REST = (State.COMPLETED, State.PARKED, State.DISCARDED, State.DEAD)
_MOST_BYTES = 64_000_000
"""Of payloads in one answer."""
Progress = Callable[[int, int], None]
Arguments = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What the workspace has: events (`shop.order-created`) and channels of flows and systems (`flow:orders`)."""

    events: Sequence[str]
    channels: Sequence[str]


@dataclass(frozen=True, slots=True)
class Office:
    """What orders work on. `intake` is None when no process is up."""

    commands: Commands
    views: Views
    store: MessageStore
    names: Callable[[], Names]
    intake: Intake | None = None


async def _trace(office: Office, given: Arguments, progress: Progress) -> Any:
    found = await office.views.trace(str(given["key"]), kind=given.get("kind"))
    if found is None:
        kind = given.get("kind")
        sought = f"business key of the kind '{kind}'" if kind else "message id, business key or correlation id"
        raise CommandRefused(f"nothing is known of '{given['key']}': no {sought}")
    return found


async def _list(office: Office, given: Arguments, progress: Progress) -> Any:
    selection = selection_from(given)
    found = await office.store.find(selection)
    if not found:
        _check_channel(office, selection)
    return {
        "count": await office.store.count(selection),
        "messages": [office.views.listed(message) for message in found],
    }


async def _show(office: Office, given: Arguments, progress: Progress) -> Any:
    message = await office.commands.message(str(given["id"]))
    return await office.views.message(message.id)


async def _record(office: Office, given: Arguments, progress: Progress) -> Any:
    message = await office.commands.message(str(given["id"]))
    return await office.views.record(message.id)


async def _records(office: Office, given: Arguments, progress: Progress) -> Any:
    """The newest messages of a flow that have come to rest, whole, oldest first."""
    channel, last = flow_channel(str(given["flow"])), int(given.get("last") or 100)
    found = await newest(office.store, Selection(channel=channel, states=_AT_REST), last, office.commands.now())
    return [await office.views.record(message.id) for message in found]


async def _originals(office: Office, given: Arguments, progress: Progress) -> Any:
    """The newest payloads of an event as they came, each once, newest first; those of unverified senders are left out.

    `erased` counts those whose bytes are gone, `leftOut` those that were too much for one answer.
    """
    found = await _arrivals(office, str(given["event"]), given.get("since"), int(given.get("last") or 100))
    originals: list[dict[str, Any]] = []
    erased = room = 0
    for message in found:
        body = await office.store.payload(message.payload)
        if body is None:
            erased += 1
            continue
        room += len(body)
        if originals and room > _MOST_BYTES:
            break
        refused = message.channel == INVALID_CHANNEL
        originals.append({"receivedAt": iso(message.received_at), "refused": refused, "body": b64encode(body).decode()})
    return {"originals": originals, "erased": erased, "leftOut": len(found) - len(originals) - erased}


async def _arrivals(office: Office, event: str, since: float | None, last: int) -> list[Message]:
    """One message of each of the newest arrivals of an event; an arrival may be several items, for several flows."""
    selection, asked = Selection(source=event, since=since), last
    while True:
        found = await newest(office.store, selection, asked, office.commands.now())
        arrivals = {
            (message.payload, message.received_at): message
            for message in reversed(found)
            if (message.failure or {}).get("error_class") != UNVERIFIED or message.channel != INVALID_CHANNEL
        }
        if len(arrivals) >= last or len(found) < asked:
            return list(arrivals.values())[:last]
        asked *= 4


async def _deployed(office: Office, given: Arguments, progress: Progress) -> Any:
    """The revision that runs, or that the newest message ran in, with its files; None when nothing has run."""
    revision = office.commands.active_revision if office.intake is not None else None
    if revision is None:
        found = await newest(office.store, Selection(), 50, office.commands.now())
        revision = next((message.revision for message in reversed(found) if message.revision is not None), None)
    bundle = await office.store.revision(revision) if revision is not None else None
    return {"revision": revision, "bundle": b64encode(bundle).decode()} if bundle is not None else None


async def _resend(office: Office, given: Arguments, progress: Progress) -> Any:
    return _done(await office.commands.resend(str(given["id"]), _person(given)))


async def _reprocess(office: Office, given: Arguments, progress: Progress) -> Any:
    done = await office.commands.reprocess(
        str(given["id"]),
        _person(given),
        revision=given.get("revision"),
        again=tuple(given.get("again") or ()),
        force=bool(given.get("force")),
    )
    return _done(done)


async def _release(office: Office, given: Arguments, progress: Progress) -> Any:
    return _done(await office.commands.release(str(given["id"]), _person(given)))


async def _discard(office: Office, given: Arguments, progress: Progress) -> Any:
    return _done(await office.commands.discard(str(given["id"]), _person(given)))


async def _replay(office: Office, given: Arguments, progress: Progress) -> Any:
    selection = selection_from(given)
    if selection == Selection(limit=selection.limit):
        raise CommandRefused("a replay needs a range: a flow or system, a business key, or a time")
    replay = await office.commands.replay(
        selection,
        _person(given),
        dry_run=bool(given.get("dryRun", True)),
        per_second=float(given.get("perSecond") or 20.0),
        again=tuple(given.get("again") or ()),
        force=bool(given.get("force")),
        progress=progress,
    )
    if not replay.counted:
        _check_channel(office, selection)
    return {
        "counted": replay.counted,
        "byState": replay.by_state,
        "ordered": replay.ordered,
        "leftAlone": replay.refused,
        "dryRun": replay.dry_run,
    }


async def _send(office: Office, given: Arguments, progress: Progress) -> Any:
    if office.intake is None:
        raise CommandRefused("'send' needs a running process; start one with 'crossdock run'")
    event, events = str(given["event"]), office.names().events
    if event not in events:
        known = _nearest(event, events) or _of_system(event, events)
        raise CommandRefused(f"the workspace has no event '{event}'{known}")
    arrival = Arrival(
        event=event,
        body=str(given["body"]).encode(),
        headers={str(name).lower(): str(value) for name, value in (given.get("headers") or {}).items()},
        key=given.get("key"),
    )
    receipt = await office.intake.accept(arrival)
    return {
        "messages": list(receipt.message_ids),
        "correlationId": receipt.correlation_id,
        "repeat": receipt.repeat,
        "outcome": receipt.outcome,
        "detail": receipt.detail,
        "answer": receipt.answer.body.decode() if receipt.answer is not None else None,
    }


async def _counts(office: Office, given: Arguments, progress: Progress) -> Any:
    counts = await office.store.counts()
    return {
        "channels": [
            {"channel": c.channel, "state": c.state.value, "count": c.count, "oldestAt": iso(c.oldest_at)}
            for c in counts
        ],
        "revisions": [
            {"revision": name, "storedAt": iso(at), "unfinished": unfinished}
            for name, at, unfinished in await office.store.revisions()
        ],
    }


Order = Callable[[Office, Arguments, Progress], Awaitable[Any]]

ORDERS: Mapping[str, Order] = {
    "trace": _trace,
    "list": _list,
    "show": _show,
    "record": _record,
    "records": _records,
    "originals": _originals,
    "deployed": _deployed,
    "resend": _resend,
    "reprocess": _reprocess,
    "release": _release,
    "discard": _discard,
    "replay": _replay,
    "send": _send,
    "counts": _counts,
}


def selection_from(given: Arguments) -> Selection:
    """A selection from plain arguments. Raises CommandRefused with the argument that is wrong."""
    try:
        states = tuple(State(state) for state in given.get("states") or ())
    except ValueError as error:
        raise CommandRefused(f"{error}; states are {', '.join(State)}") from error
    ids = []
    for text in given.get("ids") or ():
        value = id_value(str(text))
        if value is None:
            raise CommandRefused(f"'{text}' is not a message id")
        ids.append(value)
    key = given.get("key")
    return Selection(
        ids=tuple(ids),
        channel=given.get("channel"),
        states=states,
        business_key=(given.get("kind"), str(key)) if key is not None else None,
        revision=given.get("revision"),
        error_class=given.get("errorClass"),
        reason=given.get("why"),
        operation=given.get("operation"),
        since=given.get("since"),
        until=given.get("until"),
        limit=int(given.get("limit") or 100),
    )


def _check_channel(office: Office, selection: Selection) -> None:
    """Raises CommandRefused when nothing was found because the flow or system is misspelt."""
    known = office.names().channels
    if selection.channel is None or selection.channel == INVALID_CHANNEL or selection.channel in known:
        return
    kind, _, name = selection.channel.partition(":")
    names = [channel.removeprefix(f"{kind}:") for channel in known if channel.startswith(f"{kind}:")]
    raise CommandRefused(f"the workspace has no {kind} '{name}'{_nearest(name, names)}")


def _nearest(name: str, names: Sequence[str]) -> str:
    hint = did_you_mean(name, names)
    return f"; {hint}" if hint else ""


def _of_system(event: str, events: Sequence[str]) -> str:
    """The events of the system that is named, where there is one."""
    system = event.partition(".")[0]
    there = sorted(name for name in events if name.startswith(f"{system}."))
    return f"; those of '{system}' are {', '.join(there)}" if there else ""


def _done(done: Done) -> dict[str, Any]:
    return {"messageId": done.message_id, "verb": done.verb, "state": done.state, "detail": done.detail}


def _person(given: Arguments) -> Person:
    return Person(str(given.get("who") or "unknown"), str(given.get("reason") or ""))
