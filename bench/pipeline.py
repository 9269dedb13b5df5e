# ruff: noqa: T201
"""The pipeline: webhook, stored, validated, mapped, validated, delivered by HTTP, settled; as ratios, in one run.

The engine has core 0 to itself; the load (wrk, 64 connections) and the sink share core 1. Its peers on the same core
are (a) an aiohttp handler that answers 202 and does nothing, and (b) Node-RED doing validation, mapping and delivery
without durability. See docs/bench.md. Run: `make bench`, or `python bench/pipeline.py --help`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from pipeline import layers, load, node_red_home, peers, workspaces
from pipeline.load import Passed
from pipeline.peers import Peer

PARTS = ("five", "full", "node-red", "three", "slow-disk", "steady", "profile")
PROBE = 999_999_999
AFTER_WARM_UP = 10_000_000
STEADY_RATE = 1000
CURVE_STEP = 20_000
SLICE_SECONDS = 2
SYNCS = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, for how many seconds each, and where files may lie."""

    seconds: float
    warm_up: float
    rounds: int
    parts: frozenset[str]
    stored: bool
    folder: Path


@dataclass
class Results:
    """What has been measured, by name; several values where a subject ran in several rounds."""

    rates: dict[str, list[float]] = field(default_factory=dict)
    costs: dict[str, list[float]] = field(default_factory=dict)
    bodies: dict[str, object] = field(default_factory=dict)

    def add(self, name: str, passed: Passed) -> None:
        self.rates.setdefault(name, []).append(passed.rate)
        self.costs.setdefault(name, []).append(passed.cpu * 1e6)
        detail = f"{passed.cpu * 1e6:7.0f} µs of processor, {passed.acked} orders, ack p99 {passed.p99:.1f} ms"
        say(f"  {name:<28} {passed.rate:9.0f}/s {detail}")

    def rate(self, name: str) -> float | None:
        return statistics.median(self.rates[name]) if name in self.rates else None

    def cost(self, name: str) -> float | None:
        return statistics.median(self.costs[name]) if name in self.costs else None


def say(text: str) -> None:
    """At once: a run takes minutes."""
    print(text, flush=True)


# -- the subjects


def run_nothing(plan: Plan, sink: Peer, results: Results) -> None:
    """(a): only acknowledgements, for nothing is delivered."""
    with peers.nothing() as subject:
        before = subject.cpu()
        done = load.wrk(subject.address, plan.seconds)
        cpu = (subject.cpu() - before) / done.acked
        results.add("a: aiohttp, nothing", Passed(done.acked, done.acked / done.seconds, 0.0, done.p99, cpu))


def run_hub(plan: Plan, sink: Peer, results: Results, kind: str, name: str, delay: float = 0.0) -> None:
    """The engine on a new store."""
    folder = workspaces.build(kind, plan.folder / name.replace(" ", "-"))
    environment = {"BENCH_SYNC_DELAY_MS": str(delay)} if delay else {}
    with peers.hub(folder, sink.address, environment) as subject:
        each = len(workspaces.DESTINATIONS) if kind == "three" else 1
        results.bodies[name] = probe(subject, sink, each)
        results.add(name, load.pass_through(subject, sink, plan.seconds, each=each))
    shutil.rmtree(folder)


def run_node_red(plan: Plan, sink: Peer, results: Results, home: Path, kind: str, stored: bool) -> None:
    """(b), or (b2) when it stores each order first. Warmed up, as its compiler needs."""
    name = f"b{'2' if stored else ''}: Node-RED, {kind}{', stored' if stored else ''}"
    folder = plan.folder / f"node-red-{kind}{'-stored' if stored else ''}"
    contract = workspaces.FIVE_CONTRACT if kind == "five" else workspaces.SHOP_CONTRACT
    environment = {
        "BENCH_CONTRACT": str(node_red_home.contract_as_json(contract, folder)),
        "BENCH_MAPPING": str(workspaces.HERE / "node_red" / f"map-{kind}.cjs"),
    }
    if stored:
        environment["BENCH_STORE"] = str(folder / "incoming.db")
    with peers.node_red(home, folder, sink.address, environment) as subject:
        results.bodies[name] = probe(subject, sink, 1)
        load.pass_through(subject, sink, plan.warm_up)
        results.add(name, load.pass_through(subject, sink, plan.seconds, first=AFTER_WARM_UP))
    shutil.rmtree(folder)


def probe(subject: Peer, sink: Peer, each: int) -> object:
    """One order all the way; the body that arrived."""
    sink.page("/reset")
    status = peers.post(subject.address, load.order(PROBE))
    if status != 202:
        raise SystemExit(f"expected 202 for an order, got {status}")
    load.settle(sink, each, 30.0)
    return sink.page("/last")


# -- one run


def measure(plan: Plan, sink: Peer, results: Results) -> None:
    """All subjects in turn, (a) between them, so that a change of the machine's mood touches each."""
    home = _node_red(plan)
    turns: list[Callable[[], None]] = []
    if "five" in plan.parts:
        turns.append(lambda: run_hub(plan, sink, results, "five", "engine, five fields"))
    if "full" in plan.parts:
        turns.append(lambda: run_hub(plan, sink, results, "full", "engine, full order"))
    if home is not None:
        turns += [
            lambda: run_node_red(plan, sink, results, home, "five", False),
            lambda: run_node_red(plan, sink, results, home, "full", False),
        ]
        if plan.stored:
            turns.append(lambda: run_node_red(plan, sink, results, home, "full", True))
    if "three" in plan.parts:
        turns.append(lambda: run_hub(plan, sink, results, "three", "engine, three destinations"))
    if "slow-disk" in plan.parts:
        turns.append(lambda: run_hub(plan, sink, results, "five", "engine, sync + 1 ms", delay=1.0))
    for number in range(plan.rounds if turns else 0):
        if plan.rounds > 1:
            say(f"round {number + 1} of {plan.rounds}")
        for place, turn in enumerate(turns):
            if place % 3 == 0:
                run_nothing(plan, sink, results)
            turn()
    if turns:
        run_nothing(plan, sink, results)


def _node_red(plan: Plan) -> Path | None:
    if "node-red" not in plan.parts:
        return None
    say("Node-RED: installed from npm when it is not there yet, which may take minutes")
    try:
        home = node_red_home.home(stored=plan.stored)
    except node_red_home.NotAvailable as reason:
        say(f"Node-RED is left out: {reason}")
        return None
    say(f"Node-RED {node_red_home.version(home)} in {home}")
    return home


def print_table(results: Results) -> None:
    """The ratios. More is better, but for the processor's time."""
    rows = (
        ("five fields / (a)", "engine, five fields", "a: aiohttp, nothing"),
        ("full order / (a)", "engine, full order", "a: aiohttp, nothing"),
        ("five fields / (b) Node-RED", "engine, five fields", "b: Node-RED, five"),
        ("full order / (b) Node-RED", "engine, full order", "b: Node-RED, full"),
        ("full order / (b2) Node-RED with SQLite", "engine, full order", "b2: Node-RED, full, stored"),
        ("three destinations / one", "engine, three destinations", "engine, five fields"),
        ("1 ms more each sync / as it is", "engine, sync + 1 ms", "engine, five fields"),
        ("full order / five fields", "engine, full order", "engine, five fields"),
    )
    say(f"\n{'ratio':<42}{'rate':>9}{'processor time':>18}")
    for label, upper, lower in rows:
        mine, its = results.rate(upper), results.rate(lower)
        dear, cheap = results.cost(upper), results.cost(lower)
        if mine is not None and its is not None and dear is not None and cheap is not None:
            say(f"{label:<42}{mine / its:>9.3f}{dear / cheap:>18.2f}")
    for kind in ("five", "full"):
        _compare(kind, results.bodies.get(f"engine, {_LONG[kind]}"), results.bodies.get(f"b: Node-RED, {kind}"))


_LONG = {"five": "five fields", "full": "full order"}


def _compare(kind: str, ours: object, theirs: object) -> None:
    """Both must have done the same work."""
    if ours is None or theirs is None:
        return
    places = list(differences("", ours, theirs))
    found = "; ".join(places[:4]) if places else "none"
    say(f"differences in what engine and Node-RED delivered ({_LONG[kind]}): {found}")


def differences(place: str, ours: object, theirs: object) -> list[str]:
    """Where two documents differ, with both values."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        keys = sorted(ours.keys() | theirs.keys())
        return [each for key in keys for each in differences(f"{place}.{key}", ours.get(key), theirs.get(key))]
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return [each for at, (mine, its) in pairs for each in differences(f"{place}[{at}]", mine, its)]
    return [] if ours == theirs else [f"{place.lstrip('.')}: {ours!r} and {theirs!r}"]


# -- more about the engine


def run_steady(plan: Plan, sink: Peer) -> None:
    """Latency of the acknowledgement below the limit, which users feel."""
    folder = workspaces.build("full", plan.folder / "steady")
    sink.page("/reset")
    with peers.hub(folder, sink.address) as subject:
        load.steady(subject.address, STEADY_RATE, 1.0, first=AFTER_WARM_UP)
        found = load.steady(subject.address, STEADY_RATE, plan.seconds)
        count = load.settle(sink, found.sent)
    detail = f"p50 {found.p50:.1f} ms, p99 {found.p99:.1f} ms, longest {found.longest:.1f} ms"
    say(f"\nack at a steady {STEADY_RATE}/s, full order, from the time it was meant to be sent: {detail}")
    if count["total"] != count["distinct"]:
        raise SystemExit("some orders came twice")


def run_profile(plan: Plan, sink: Peer) -> None:
    """Where the rest goes."""
    for kind in ("five", "full"):
        folder = workspaces.build(kind, plan.folder / f"profile-{kind}")
        shares, cost = _sampled(plan, sink, folder) if layers.py_spy() else _traced(plan, sink, folder)
        say(f"\nwhere the processor's time goes, {_LONG[kind]}, {cost:.0f} µs an order ({layers.how()})")
        for share in shares:
            say(f"  {share.layer:<28}{share.part:>6.1%}{share.part * cost:>9.0f} µs")


def _sampled(plan: Plan, sink: Peer, folder: Path) -> tuple[list[layers.Share], float]:
    program = layers.py_spy()
    assert program is not None
    stacks = folder / "stacks.txt"
    with peers.hub(folder, sink.address) as subject:
        load.pass_through(subject, sink, 1)
        sampling = layers.sampler(program, subject.process.pid, max(2, round(plan.seconds) - 1), stacks)
        passed = load.pass_through(subject, sink, plan.seconds, first=AFTER_WARM_UP)
        sampling.wait(60)
    return layers.shares_of_samples(stacks), passed.cpu * 1e6


def _traced(plan: Plan, sink: Peer, folder: Path) -> tuple[list[layers.Share], float]:
    target = folder / "profile"
    with peers.hub(folder, sink.address, {"BENCH_PROFILE": str(target)}) as subject:
        passed = load.pass_through(subject, sink, plan.seconds)
    return layers.shares_of_profile(target), passed.cpu * 1e6


def run_memory(plan: Plan, messages: int) -> None:
    """Resident memory while a backlog grows with the sink down, and after the sink has come back."""
    folder = workspaces.build("five", plan.folder / "memory")
    port = peers.free_port()
    with peers.hub(folder, f"http://127.0.0.1:{port}") as subject:
        say(f"{'accepted':>10}{'memory':>12}")
        say(f"{0:>10}{subject.memory():>9.1f} MB")
        accepted = 0
        while accepted < messages:
            # Numbers leave room for the orders under way when a slice of the load ends.
            done = load.wrk(subject.address, SLICE_SECONDS, first=accepted * 2)
            if done.refused or done.broken:
                raise SystemExit(f"{done.refused} orders were refused and {done.broken} connections broken")
            if (accepted + done.acked) // CURVE_STEP > accepted // CURVE_STEP:
                say(f"{accepted + done.acked:>10}{subject.memory():>9.1f} MB")
            accepted += done.acked
        say("the sink comes back")
        begun = time.monotonic()
        with peers.sink(port) as sink:
            count = load.settle(sink, accepted, 1800.0)
            took = count["last"] - begun
            say(f"{count['distinct']:.0f} delivered in {took:.0f} s, {count['total'] - count['distinct']:.0f} twice")
        say(f"{'after':>10}{subject.memory():>9.1f} MB")


# -- the machine


def describe_machine(folder: Path) -> None:
    """What a reader of the numbers has to know."""
    if peers.cores() > 1:
        say(f"{peers.cores()} cores: the subject on core {peers.SUBJECT_CORE}, load and sink on {peers.PEER_CORE}")
    else:
        say("one core: subject, load and sink share it, so the ratios say little")
    busy = os.getloadavg()[0]
    say(f"load of the machine before the run: {busy:.1f}" + (" (busy: the ratios will be rough)" if busy > 0.7 else ""))
    say(f"one sync of the disk under {folder}: {_sync_cost(folder) * 1e6:.0f} µs")


def _sync_cost(folder: Path) -> float:
    with (folder / "sync").open("wb", buffering=0) as file:
        times = []
        for _ in range(SYNCS):
            file.write(b"x" * 4096)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return statistics.median(times)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=10, help="how long each subject is loaded (10)")
    parser.add_argument("--rounds", type=int, default=1, help="how often each subject has its turn (1)")
    parser.add_argument("--quick", action="store_true", help="3 seconds each: whether it works, not how fast it is")
    parser.add_argument("--only", help=f"some parts, separated by commas: {', '.join(PARTS)}")
    parser.add_argument("--stored", action="store_true", help="also Node-RED storing each order in SQLite first (b2)")
    parser.add_argument("--memory", action="store_true", help="instead: memory while messages wait for a sink")
    parser.add_argument("--messages", type=int, default=200_000, help="how many messages wait (200000)")
    parser.add_argument("--folder", type=Path, help="where stores lie while it runs (the system's temporary folder)")
    return parser.parse_args()


def main() -> int:
    """Run what was asked for."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # the processes started here end too
    if shutil.which("wrk") is None:
        print("the load is made by wrk, which is not installed: apt-get install wrk", file=sys.stderr)
        return 1
    parts = frozenset(options.only.split(",") if options.only else PARTS)
    if parts - set(PARTS):
        print(f"expected parts of {', '.join(PARTS)}, got {', '.join(sorted(parts - set(PARTS)))}", file=sys.stderr)
        return 2
    seconds = 3.0 if options.quick else options.seconds
    with tempfile.TemporaryDirectory(prefix="crossdock-bench-", dir=options.folder) as folder:
        plan = Plan(seconds, 3.0 if options.quick else 8.0, options.rounds, parts, options.stored, Path(folder))
        describe_machine(plan.folder)
        if options.memory:
            run_memory(plan, options.messages)
            return 0
        with peers.sink() as sink:
            results = Results()
            measure(plan, sink, results)
            if results.rates:
                print_table(results)
            if "steady" in parts:
                run_steady(plan, sink)
            if "profile" in parts:
                run_profile(plan, sink)
    return 0


if __name__ == "__main__":
    sys.exit(main())
