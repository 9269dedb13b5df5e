"""What stands between the engine and one system: rate, places, breaker."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from engine.clock import ManualClock
from engine.message import State
from tests.workspaces import ERP, WORKSPACE, flow, running, until

NOTE = flow("- send: erp.note")
BREAKER = "breaker: {failures: 3, within: 60 s, cooldown: 30 s}"
ALWAYS = WORKSPACE.replace("attempts: 5, first: 10 ms", "attempts: 99, first: 10 ms")


def limits(text: str) -> str:
    return ERP.replace("connector: http", f"connector: http\nlimits: {{{text}}}")


def most_within(times: list[float], seconds: float) -> int:
    """The most requests in any window of that length."""
    return max(sum(at <= other < at + seconds for other in times) for at in times)


async def test_the_rate_is_never_exceeded_at_the_peer(tmp_path: Path) -> None:
    """REL-14: queued, not dropped."""
    async with running(tmp_path, NOTE, erp=limits("rate: 20 per s")) as run:
        await asyncio.gather(*(run.post({"number": number}) for number in range(45)))
        await run.quiet()
        times = [asked.at for asked in run.peer.asked]
        assert len(times) == 45
        assert times[-1] - times[0] >= 1.9
        # a millisecond of jitter on the way to the peer may move one request into a window
        assert most_within(times, 0.99) <= 21


async def test_calls_and_deliveries_of_all_flows_share_one_rate(tmp_path: Path) -> None:
    files = NOTE | flow("- call: erp.create", name="b", source="{events: [shop.event]}")
    async with running(tmp_path, files, erp=limits("rate: 20 per s")) as run:
        posts = [run.post({"number": n}, path) for n in range(15) for path in ("/orders", "/events")]
        await asyncio.gather(*posts)
        await run.quiet()
        assert most_within([asked.at for asked in run.peer.asked], 0.99) <= 21


async def test_asking_whether_it_was_done_takes_a_slot_too(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- send: erp.sure"), erp=limits("rate: 10 per s")) as run:
        run.peer.answers["/sure"] = ["drop"] * 5
        run.peer.always.update({f"/sure/{number}": 404 for number in range(5)})
        await asyncio.gather(*(run.post({"number": number}) for number in range(5)))
        await run.quiet()
        assert len(run.peer.asked) == 15
        assert most_within([asked.at for asked in run.peer.asked], 0.99) <= 11


async def test_a_slot_that_is_far_off_is_kept_once_for_its_message_and_uses_no_attempt(tmp_path: Path) -> None:
    """REL-14: `Deferred(slot)` once; the message comes back at its slot and goes."""
    clock = ManualClock()
    async with running(tmp_path, NOTE, clock=clock, erp=limits("rate: 6 per min")) as run:
        for number in range(4):
            await run.sent({"number": number})
        await until(lambda: len(run.peer.asked) == 1)
        deliveries = await run.all("system:erp")
        slots = sorted(one.not_before or 0 for one in deliveries if one.state is State.WAITING)
        while len(slots) < 3:
            await run.app.store.ping()
            slots = sorted(one.not_before or 0 for one in await run.all("system:erp", State.WAITING))
        assert slots == [clock.now() + 10, clock.now() + 20, clock.now() + 30]
        for count in (2, 3, 4):
            await run.advance(10)
            await until(lambda count=count: len(run.peer.asked) == count)
        await run.quiet()
        for one in await run.all("system:erp"):
            trace = await run.app.store.trace(one.id)
            assert trace is not None
            assert sum(attempt.outcome == "deferred" for attempt in trace.attempts) <= 1
            assert one.attempts == 1


async def test_what_is_kept_of_reserved_slots_does_not_grow_with_the_backlog(tmp_path: Path) -> None:
    """Promise 9."""
    clock = ManualClock()
    async with running(tmp_path, NOTE, clock=clock, erp=limits("rate: 6 per min")) as run:
        gateway = run.app.engine.gateways["erp"]
        deferred = [await gateway.admit(number) for number in range(500)]
        assert len(gateway._reserved) <= 31
        comes_back = [one.until for one in deferred if one is not None]
        assert comes_back[-1] > clock.now() + 4000


async def test_no_more_requests_are_under_way_than_the_system_takes(tmp_path: Path) -> None:
    """REL-16, ORD-20: counted at the peer, over calls and deliveries of two flows."""
    files = NOTE | flow("- call: erp.create", name="b", source="{events: [shop.event]}")
    async with running(tmp_path, files, erp=limits("concurrent: 3")) as run:
        run.peer.gate.clear()
        for number in range(8):
            await run.post({"number": number})
            await run.post({"number": number}, "/events")
        await until(lambda: run.peer.under_way == 3)
        run.peer.gate.set()
        await run.quiet()
        assert run.peer.most == 3
        assert len(run.peer.asked) == 16


async def test_those_who_wait_for_a_place_go_when_a_reload_gives_more(tmp_path: Path) -> None:
    async with running(tmp_path, flow("- call: erp.note"), erp=limits("concurrent: 1")) as run:
        run.peer.gate.clear()
        for number in range(6):
            await run.post({"number": number})
        await until(lambda: run.peer.under_way == 1)
        run.write({"flows/systems/erp.yaml": limits("concurrent: 3")})
        await run.app.reload()
        await until(lambda: run.peer.under_way == 3)
        run.peer.gate.set()
        await run.quiet()
        assert run.peer.most == 3
        assert len(run.peer.asked) == 6


async def test_a_system_that_hangs_does_not_slow_another(tmp_path: Path) -> None:
    """Promise 9: with far more messages waiting for it than the process has places."""
    workspace = WORKSPACE + "limits: {concurrent: 8}\n"
    slow = {"flows/systems/slow.yaml": ERP.replace("system: erp", "system: slow").replace("path: /note", "path: /hang")}
    files = slow | flow("- call: slow.note") | flow("- call: erp.create", name="b", source="{events: [shop.event]}")
    async with running(tmp_path, files, workspace=workspace) as run:
        run.peer.gate.clear()
        for number in range(60):
            await run.post({"number": number})
        await until(lambda: run.peer.under_way == 8)
        began = time.monotonic()
        reply = await run.post({"number": 1}, "/events")
        await until(lambda: len(run.peer.of("/create")) == 1)
        assert time.monotonic() - began < 2
        run.peer.gate.set()
        await run.is_in(reply.id, State.COMPLETED)


async def test_a_system_with_a_low_rate_does_not_slow_another(tmp_path: Path) -> None:
    """Promise 9: who waits for a slot takes no place of the process."""
    workspace = WORKSPACE + "limits: {concurrent: 8}\n"
    other = {"flows/systems/other.yaml": ERP.replace("system: erp", "system: other")}
    files = other | flow("- call: erp.note") | flow("- call: other.create", name="b", source="{events: [shop.event]}")
    async with running(tmp_path, files, workspace=workspace, erp=limits("rate: 5 per s")) as run:
        for number in range(20):
            await run.post({"number": number})
        for number in range(10):
            await run.sent({"number": number}, path="/events")
        assert len(run.peer.of("/create")) == 10
        assert len(run.peer.of("/note")) < 15


async def test_an_open_breaker_pauses_the_channel_and_one_probe_closes_it(tmp_path: Path) -> None:
    """REL-13: calls fail fast by waiting in the store, and none of it uses up an attempt."""
    clock = ManualClock()
    erp = ERP.replace("breaker: {failures: 1000}", BREAKER)
    async with running(tmp_path, NOTE, clock=clock, erp=erp, workspace=ALWAYS) as run:
        run.peer.always["/note"] = 503
        for number in range(3):
            await run.post({"number": number})
        gateway = run.app.engine.gateways["erp"]
        await until(lambda: gateway.state == "open")
        asked = len(run.peer.asked)
        for number in range(3, 9):
            await run.sent({"number": number})
        assert len(run.peer.asked) == asked
        fresh = [one for one in await run.all("system:erp") if one.attempts == 0]
        assert len(fresh) == 6
        run.peer.always["/note"] = 200
        run.peer.gate.clear()
        await run.advance(31)
        await until(lambda: run.peer.under_way == 1)
        assert gateway.state == "half-open"
        run.peer.gate.set()
        await until(lambda: gateway.state == "closed")
        await run.advance(31)
        await run.quiet()
        assert {one.attempts for one in await run.all("system:erp") if one.id in {f.id for f in fresh}} == {1}


async def test_a_probe_that_fails_opens_the_breaker_again(tmp_path: Path) -> None:
    clock = ManualClock()
    erp = ERP.replace("breaker: {failures: 1000}", BREAKER)
    async with running(tmp_path, NOTE, clock=clock, erp=erp, workspace=ALWAYS) as run:
        run.peer.always["/note"] = 503
        for number in range(3):
            await run.post({"number": number})
        gateway = run.app.engine.gateways["erp"]
        await until(lambda: gateway.state == "open")
        asked = len(run.peer.asked)
        await run.advance(31)
        await until(lambda: len(run.peer.asked) == asked + 1)
        await until(lambda: gateway.state == "open")
        assert len(run.peer.asked) == asked + 1


async def test_a_call_to_a_system_with_an_open_breaker_is_deferred(tmp_path: Path) -> None:
    clock = ManualClock()
    erp = ERP.replace("breaker: {failures: 1000}", BREAKER)
    files = flow("- call: erp.create", retry="slow")
    async with running(tmp_path, files, clock=clock, erp=erp) as run:
        run.peer.always["/create"] = 503
        for number in range(3):
            await run.sent({"number": number}, State.WAITING)
        found = await run.sent({"number": 9}, State.WAITING)
        message = await run.message(found)
        assert (message.attempts, message.not_before) == (0, clock.now() + 30)
        assert (message.failure or {})["reason"] == "erp: breaker open"
        assert len(run.peer.asked) == 3


async def test_answers_that_say_nothing_of_its_health_do_not_open_the_breaker(tmp_path: Path) -> None:
    erp = ERP.replace("breaker: {failures: 1000}", BREAKER)
    async with running(tmp_path, flow("- call: erp.create"), erp=erp) as run:
        run.peer.answers["/create"] = [400] * 6
        for number in range(6):
            await run.sent({"number": number}, State.DEAD)
        assert run.app.engine.gateways["erp"].state == "closed"
