"""Mappings compared: ours against Python by hand, jsonatapy, jsonata-rs, jsonata-python and the reference on Node.

    python bench/jsonata.py [--seconds 0.3] [--only web_shop,...]

Packages that are not installed are left out. The reference is found through CROSSDOCK_NODE_MODULES or `npm root -g`;
jsonata-rs, whose module has the name of jsonata-python's, in a folder of its own (`pip install --target`) that
CROSSDOCK_JSONATA_RS names.
Each contestant gets the parsed document and gives its result as values; the best of several rounds counts, and the
rounds are interleaved so that a busy machine hurts all alike. Ratios below 1 mean that ours is faster.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # this file would hide the package jsonata

from engine.jsonata import compile_expression  # noqa: E402

CASES = ("web_shop", "business_central", "long_order", "inventory", "edi_850")
ROUNDS = 15
GOALS = {"by hand": 3.0, "jsonatapy": 1 / 2, "reference": 1 / 12, "jsonata-python": 1 / 80}
NODE = """
const jsonata = require("jsonata");
const { mapping, data, seconds } = JSON.parse(require("fs").readFileSync(0, "utf8"));
(async () => {
  const expression = jsonata(mapping);
  let best = Infinity;
  const end = performance.now() + seconds * 1000;
  do {
    const start = performance.now();
    for (let i = 0; i < 3; i++) await expression.evaluate(data);
    best = Math.min(best, (performance.now() - start) / 3);
  } while (performance.now() < end);
  console.log(best / 1000);
})();
"""


RUST = """
import json, sys, time
from jsonata import Jsonata
case = json.load(sys.stdin)
expression, data, best = Jsonata(case["mapping"]), case["data"], 1e9
end = time.perf_counter() + case["seconds"]
while time.perf_counter() < end:
    start = time.perf_counter()
    for _ in range(3):
        expression.evaluate(data)
    best = min(best, (time.perf_counter() - start) / 3)
print(best)
"""


def say(line: str) -> None:
    """Print a line of the table."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def contestants(mapping: str, data: Any, by_hand: Callable[[Any], Any]) -> dict[str, Callable[[], Any]]:
    """What runs inside of this process."""
    ours = compile_expression(mapping)
    found: dict[str, Callable[[], Any]] = {"ours": lambda: ours.evaluate(data), "by hand": lambda: by_hand(data)}
    jsonatapy = _module("jsonatapy")
    if jsonatapy is not None:
        compiled = jsonatapy.compile(mapping)
        found["jsonatapy"] = lambda: compiled.evaluate(data)
    python = _module("jsonata.jsonata")
    if python is not None:
        interpreted = python.Jsonata(mapping)
        found["jsonata-python"] = lambda: interpreted.evaluate(data)
    return found


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def measure(functions: dict[str, Callable[[], Any]], seconds: float) -> dict[str, float]:
    """Seconds per call, the best of interleaved rounds."""
    counts = {}
    for name, function in functions.items():
        start = time.perf_counter()
        function()
        counts[name] = max(1, int(seconds / ROUNDS / max(time.perf_counter() - start, 1e-7)))
    best = dict.fromkeys(functions, math.inf)
    for _ in range(ROUNDS):
        for name, function in functions.items():
            gc.collect()
            start = time.perf_counter()
            for _ in range(counts[name]):
                function()
            best[name] = min(best[name], (time.perf_counter() - start) / counts[name])
    return best


def reference(mapping: str, data: Any, seconds: float) -> float | None:
    """Seconds per call of the reference implementation, None if it is not there."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None:
        return None
    folder = os.environ.get("CROSSDOCK_NODE_MODULES")
    if folder is None and npm is not None:
        folder = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False).stdout.strip()
    run = subprocess.run(
        [node, "-e", NODE],
        input=json.dumps({"mapping": mapping, "data": data, "seconds": seconds * 3}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "NODE_PATH": folder or ""},
    )
    return float(run.stdout) if run.returncode == 0 else None


def rust(mapping: str, data: Any, seconds: float) -> float | None:
    """Seconds per call of jsonata-rs in a process of its own, None if it is not there."""
    folder = os.environ.get("CROSSDOCK_JSONATA_RS")
    if folder is None:
        return None
    run = subprocess.run(
        [sys.executable, "-c", RUST],
        input=json.dumps({"mapping": mapping, "data": data, "seconds": seconds}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": folder},
    )
    return float(run.stdout) if run.returncode == 0 else None


def compile_seconds(mapping: str) -> float:
    """Seconds to parse and compile a mapping."""
    best = math.inf
    for _ in range(9):
        start = time.perf_counter()
        compile_expression(mapping)
        best = min(best, time.perf_counter() - start)
    return best


def main() -> int:
    """Print the table; 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=0.4, help="time for each contestant and mapping")
    parser.add_argument("--only", default=",".join(CASES), help="mappings to run")
    options = parser.parse_args()
    ratios: dict[str, list[float]] = {}
    for name in options.only.split(","):
        case = importlib.import_module(f"bench.jsonata_cases.{name}")
        data = case.data()
        if compile_expression(case.MAPPING).evaluate(data) != case.by_hand(data):
            raise SystemExit(f"{name}: the mapping and the function by hand differ")
        times = measure(contestants(case.MAPPING, data, case.by_hand), options.seconds)
        other = rust(case.MAPPING, data, options.seconds)
        if other is not None:
            times["jsonata-rs"] = other
        node = reference(case.MAPPING, data, options.seconds)
        if node is not None:
            times["reference"] = node
        ours = times.pop("ours")
        lines = len(case.MAPPING.strip().splitlines())
        compiled = f"{lines} lines compiled in {compile_seconds(case.MAPPING) * 1e3:.1f} ms"
        say(f"{name:18}{ours * 1e6:10.1f} µs   {compiled}")
        for name, seconds in times.items():
            ratios.setdefault(name, []).append(ours / seconds)
            say(f"    {name:14}{seconds * 1e6:10.1f} µs   ours takes {ours / seconds:8.4f} of it")
    say("\ngeometric means: ours takes")
    missed = False
    for other, values in ratios.items():
        mean = math.exp(sum(map(math.log, values)) / len(values))
        goal = GOALS.get(other)
        missed = missed or (goal is not None and mean > goal)
        say(f"    {other:14}{mean:8.4f} of it" + (f"   (goal: at most {goal:.4f})" if goal else ""))
    return int(missed)


if __name__ == "__main__":
    raise SystemExit(main())
