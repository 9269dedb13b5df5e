"""Where a message's time goes, by layer: from py-spy's samples when it is installed, else from a cProfile."""

from __future__ import annotations

import pstats
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.peers import PEER_CORE, pinned

SAMPLES_A_SECOND = 200

_CLIENT = ("client", "connection", "pool", "destination", "urls")

EVENT_LOOP = "event loop and sockets"

# The first layer with a part of the innermost frame's path in it; others pass the question on to their caller.
LAYERS: Sequence[tuple[str, Sequence[str]]] = (
    (
        "http client",
        tuple(f"plugins/http/{name}.py" for name in _CLIENT),
    ),
    ("http server", ("plugins/http/", "/aiohttp/")),
    ("store", ("engine/store/", "engine/ids.py")),
    ("mapping", ("engine/jsonata/", "<jsonata", "engine/flow/mapping.py")),
    ("parsing and validation", ("engine/exact_json.py", "engine/contracts/", "plugins/json", "/jsonschema")),
    (EVENT_LOOP, ("engine/app/",)),  # what has the loop run
    ("dispatch and execution", ("engine/",)),
)
IDLE = "_worker (", "concurrent/futures/thread.py"
"""In whose innermost frame a thread waits for work; on some machines py-spy takes that for work."""


@dataclass(frozen=True, slots=True)
class Share:
    """A layer and its part of the process's busy time, 0 to 1."""

    layer: str
    part: float


def layer_of(path: str) -> str | None:
    """The layer a source file belongs to; None for libraries that work for whoever calls them."""
    for layer, parts in LAYERS:
        if any(part in path for part in parts):
            return layer
    return None


def py_spy() -> str | None:
    """Where py-spy is, beside this interpreter or on the path."""
    beside = Path(sys.executable).with_name("py-spy")
    return str(beside) if beside.exists() else shutil.which("py-spy")


def sampler(program: str, process: int, seconds: int, target: Path) -> subprocess.Popen[bytes]:
    """Begin to sample a process; `target` has its stacks when the sampler ends."""
    command = [program, "record", "--pid", str(process), "--duration", str(seconds), "--rate", str(SAMPLES_A_SECOND)]
    command += ["--format", "raw", "--full-filenames", "--output", str(target)]
    return subprocess.Popen(pinned(command, PEER_CORE), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def shares_of_samples(stacks: Path) -> list[Share]:
    """Each sample counts for the layer of its innermost frame that has one."""
    counts: Counter[str] = Counter()
    for line in stacks.read_text(encoding="utf-8").splitlines():
        stack, _, count = line.rpartition(" ")
        frames = stack.split(";")
        if all(part in frames[-1] for part in IDLE):
            continue
        layers = (layer_of(frame) for frame in reversed(frames))
        counts[next((layer for layer in layers if layer is not None), EVENT_LOOP)] += int(count)
    return _shares(counts)


def shares_of_profile(file: Path) -> list[Share]:
    """Own times by file; what has no layer, such as a built-in, counts for its callers."""
    counts: Counter[str] = Counter()
    table = pstats.Stats(str(file)).stats  # type: ignore[attr-defined]
    for (path, _, _), (_, _, own, _, callers) in table.items():
        layer = layer_of(path)
        if layer is not None or not callers:
            counts[layer or EVENT_LOOP] += own
            continue
        for (caller, _, _), (_, _, part, _) in callers.items():
            counts[layer_of(caller) or EVENT_LOOP] += part
    return _shares(counts)


def _shares(counts: Counter[str]) -> list[Share]:
    whole = sum(counts.values()) or 1
    return [Share(layer, count / whole) for layer, count in counts.most_common()]


def how() -> str:
    """Which profiler will be used."""
    return "py-spy" if py_spy() else "cProfile, which makes small functions look dearer than they are"
