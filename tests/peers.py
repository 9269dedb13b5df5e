"""A minimal HTTP peer in a process of its own, whose ledger proves which requests had an effect, once and in order.

For failure tests and benchmarks: `LedgerPeer.start(...)` in a test; `python -m tests.peers` is the process itself. An
effect is a line of a file, appended (and, unless told otherwise, synced) before the answer leaves; a key that has
had its effect is answered again and applied no more. `GET PATH?key=KEY` (or the key as a header) says whether a key has
had its effect, for `confirm`: 200 or 404. Drops are seeded, so a run can be had again.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

from aiohttp import web

KEY_HEADER = "Idempotency-Key"
LEDGER, STEER = "/ledger", "/_steer"


@dataclass(frozen=True, slots=True)
class Effect:
    """A request that was applied: the `number` of its line, its path, key and body."""

    number: int
    path: str
    key: str | None
    body: str

    @property
    def document(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What happened at the peer. `repeats` are requests whose key had had its effect; `drops` went unanswered."""

    effects: tuple[Effect, ...]
    requests: int
    repeats: int
    drops: int

    def of(self, path: str) -> tuple[Effect, ...]:
        """The effects of one path, in order."""
        return tuple(effect for effect in self.effects if effect.path == path)

    @property
    def doubled(self) -> list[str]:
        """Bodies that had their effect more than once under different keys or none."""
        seen: set[tuple[str, str]] = set()
        twice = []
        for effect in self.effects:
            if (effect.path, effect.body) in seen:
                twice.append(effect.body)
            seen.add((effect.path, effect.body))
        return twice


class LedgerPeer:
    """A running peer. Killing and starting it again with the same `file` and `port` keeps its effects."""

    def __init__(self, process: subprocess.Popen[bytes], url: str, arguments: Mapping[str, Any]) -> None:
        self.process = process
        self.url = url
        self.port = int(url.rpartition(":")[2])
        self._arguments = arguments

    @classmethod
    def start(
        cls,
        file: Path,
        *,
        port: int = 0,
        drop_after: float = 0.0,
        drop_before: float = 0.0,
        seed: int = 0,
        delay: float = 0.0,
        sync: bool = True,
        honour_keys: bool = True,
        core: int | None = None,
    ) -> LedgerPeer:
        """Start the process and wait until it listens.

        `drop_after` is the probability that a request is applied and its connection closed without an answer,
        `drop_before` that it is closed unapplied; `delay` is in seconds, after the effect; without
        `honour_keys` a repeat has a second effect, as at a peer that knows no keys; `core` pins the process.
        """
        arguments = {
            "file": file.resolve(),
            "port": port,
            "drop-after": drop_after,
            "drop-before": drop_before,
            "seed": seed,
            "delay": delay,
            "sync": int(sync),
            "honour-keys": int(honour_keys),
        }
        command = [sys.executable, "-m", "tests.peers"]
        command += [f"--{name}={value}" for name, value in arguments.items()]
        command += [] if core is None else [f"--core={core}"]
        root = Path(__file__).parents[1]
        pipe = subprocess.PIPE
        process = subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=root, start_new_session=True)
        assert process.stdout is not None
        line = process.stdout.readline().decode().strip()
        if not line:
            raise RuntimeError(f"the peer did not start: {' '.join(command)}")
        return cls(process, line, {**arguments, "core": core})

    def ledger(self) -> Ledger:
        """What happened so far."""
        raw = self._ask("GET", LEDGER)
        return Ledger(tuple(Effect(*entry) for entry in raw.pop("effects")), **raw)

    def counts(self) -> dict[str, int]:
        """The numbers of requests, effects, repeats and drops, without the effects themselves."""
        return {name: int(value) for name, value in self._ask("GET", f"{LEDGER}?count=1").items()}

    def steer(self, **changes: float) -> None:
        """Change `drop_after`, `drop_before`, `delay` or `down` (1: every connection is closed) while it runs."""
        self._ask("PUT", f"{STEER}?{urlencode(changes)}")

    def stop(self) -> None:
        """End the process."""
        self.process.terminate()
        self._ended()

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.kill()
        self._ended()

    def __enter__(self) -> LedgerPeer:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    def _ended(self) -> None:
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()

    def _ask(self, method: str, path: str) -> dict[str, Any]:
        with urlopen(Request(self.url + path, method=method), timeout=30) as response:
            answer: dict[str, Any] = json.loads(response.read())
        return answer


class _Peer:
    """The process's side."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._file = open(options.file, "ab", buffering=0)  # noqa: SIM115 (open as long as the process)
        self._sync = bool(options.sync)
        self._honours_keys = bool(options.honour_keys)
        self._random = random.Random(options.seed)
        self._settings = {
            "drop_after": options.drop_after,
            "drop_before": options.drop_before,
            "delay": options.delay,
            "down": 0.0,
        }
        self._effects: list[tuple[int, str, str | None, str]] = []
        self._answers: dict[tuple[str, str], int] = {}
        self._counts = {"requests": 0, "repeats": 0, "drops": 0}
        for line in Path(options.file).read_bytes().splitlines():  # opening it has made the file
            self._remember(json.loads(line))

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == LEDGER:
            return self._ledger(request)
        if request.path == STEER:
            self._settings.update({name: float(value) for name, value in request.query.items()})
            return web.json_response(self._settings)
        if request.method == "GET":
            return self._confirmed(request)
        body = (await request.read()).decode()
        self._counts["requests"] += 1
        if self._settings["down"] or self._chance("drop_before"):
            return self._dropped(request)
        number = self._applied(request.path, request.headers.get(KEY_HEADER), body)
        if self._settings["delay"]:
            await asyncio.sleep(self._settings["delay"])
        if self._chance("drop_after"):
            return self._dropped(request)
        return web.Response(status=201, body=b'{"number":%d}' % number, content_type="application/json")

    def _confirmed(self, request: web.BaseRequest) -> web.Response:
        """Whether a key has had its effect."""
        key = request.query.get("key") or request.headers.get(KEY_HEADER, "")
        number = self._answers.get((request.path, key))
        return web.json_response({"number": number}, status=404 if number is None else 200)

    def _applied(self, path: str, key: str | None, body: str) -> int:
        """The number of the effect that this request has, or that its key has had."""
        first = self._answers.get((path, key)) if key is not None else None
        if first is not None:
            self._counts["repeats"] += 1
            if self._honours_keys:
                return first
        number = len(self._effects) + 1
        self._file.write(json.dumps([number, path, key, body]).encode() + b"\n")
        if self._sync:
            os.fsync(self._file.fileno())
        self._remember((number, path, key, body))
        return number

    def _remember(self, effect: Any) -> None:
        number, path, key, body = effect
        self._effects.append((number, path, key, body))
        if key is not None:
            self._answers[(path, key)] = number

    def _ledger(self, request: web.BaseRequest) -> web.Response:
        whole = "count" not in request.query
        return web.json_response({"effects": self._effects if whole else len(self._effects), **self._counts})

    def _chance(self, name: str) -> bool:
        probability = float(self._settings[name])
        return probability > 0 and self._random.random() < probability

    def _dropped(self, request: web.BaseRequest) -> web.Response:
        self._counts["drops"] += 1
        if request.transport is not None:
            request.transport.abort()
        return web.Response()


def main() -> None:
    """Serve until told to stop, or until standard input ends with the parent."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", required=True)
    for name in ("port", "seed", "sync", "honour-keys"):
        parser.add_argument(f"--{name}", type=int, default=0)
    for name in ("drop-after", "drop-before", "delay"):
        parser.add_argument(f"--{name}", type=float, default=0.0)
    parser.add_argument("--core", type=int)
    options = parser.parse_args()
    if options.core is not None:
        os.sched_setaffinity(0, {options.core})
    asyncio.run(_serve(options))


async def _serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    loop.add_reader(0, lambda: ended.set() if not os.read(0, 1024) else None)
    runner = web.ServerRunner(web.Server(_Peer(options).handle, access_log=None), shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", options.port).start()
    sys.stdout.write(f"http://127.0.0.1:{runner.addresses[0][1]}\n")
    sys.stdout.flush()
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    main()
