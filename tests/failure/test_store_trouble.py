"""The store's disk is full, or another program holds its database: intake says so, and nothing acknowledged is lost."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.failure.harness import Engine, Sender, assert_effects, assert_sqlite_whole, peers, running, until
from tests.failure.nursery import Nursery
from tests.failure.shop_workspace import write_workspace

TMPFS = "96m"


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 96 MB at the place of the store."""
    place = folder / ".crossdock"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={TMPFS}", "tmpfs", place], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True)


def fill(ballast: Path) -> None:
    """Take all the space that is left."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


async def _through_trouble(engine: Engine, begin: Callable[[], object], end: Callable[[], object]) -> Sender:
    """Orders before, during and after; the trouble ends when intake has refused and the engine has stood it a while."""
    sender = Sender(engine.url)
    await sender.load("before", 4, 3)
    begin()
    ended = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(sender.load_until("during", 8, 20, ended))

        async def refused() -> bool:
            return sender.statuses[503] > 0

        await until(refused, 40, f"intake refuses: {dict(sender.statuses)}")
        end()
        ended.set()
    await sender.load("after", 4, 3)
    await engine.settled(45)
    return sender


async def test_a_full_disk_refuses_and_recovers(nursery: Nursery, tmp_path: Path) -> None:
    """REL-15, REL-24: on a full disk intake answers 503 with Retry-After; when space returns all goes on."""
    write_workspace(tmp_path, disk_free="1 KB")
    with small_disk(tmp_path) as place, peers(tmp_path, drops=0.05) as both:
        async with running(nursery, tmp_path, both) as engine:
            ballast = place / "ballast"
            sender = await _through_trouble(engine, lambda: fill(ballast), ballast.unlink)
            await engine.terminate()
            assert_effects(both, sender)
            assert_sqlite_whole(tmp_path)


async def test_intake_refuses_before_the_disk_is_full(nursery: Nursery, tmp_path: Path) -> None:
    """REL-15: below the declared reserve intake refuses, while what was taken in goes on to its end."""
    write_workspace(tmp_path, disk_free="32 MB")
    with small_disk(tmp_path) as place, peers(tmp_path) as both:
        async with running(nursery, tmp_path, both) as engine:
            ballast = place / "ballast"
            sender = await _through_trouble(engine, lambda: ballast.write_bytes(bytes(70 << 20)), ballast.unlink)
            await engine.terminate()
            assert_effects(both, sender)
            assert_sqlite_whole(tmp_path)


@pytest.mark.skipif(sys.platform != "linux", reason="the limit of another process is set by prlimit, which Linux has")
async def test_files_that_cannot_grow_refuse_and_recover(nursery: Nursery, tmp_path: Path) -> None:
    """REL-15, REL-24: as a full disk, where none can be mounted: no file of the process may grow."""
    write_workspace(tmp_path)
    with peers(tmp_path, drops=0.05) as both:
        async with running(nursery, tmp_path, both) as engine:
            unlimited = resource.prlimit(engine.pid, resource.RLIMIT_FSIZE)

            def begin() -> None:
                sizes = [file.stat().st_size for file in (tmp_path / ".crossdock").glob("store.db*")]
                resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, (max(sizes), unlimited[1]))

            sender = await _through_trouble(
                engine, begin, lambda: resource.prlimit(engine.pid, resource.RLIMIT_FSIZE, unlimited)
            )
            await engine.terminate()
            assert_effects(both, sender)
            assert_sqlite_whole(tmp_path)


async def test_a_database_that_another_program_holds_is_waited_for(nursery: Nursery, tmp_path: Path) -> None:
    """REL-15, REL-24: a foreign lock longer than the store waits for one is answered with 503; then all goes on."""
    write_workspace(tmp_path)
    with peers(tmp_path) as both:
        async with running(nursery, tmp_path, both) as engine:
            foreign = sqlite3.connect(tmp_path / ".crossdock" / "store.db", isolation_level=None)
            sender = await _through_trouble(
                engine, lambda: foreign.execute("BEGIN IMMEDIATE"), lambda: foreign.execute("ROLLBACK")
            )
            foreign.close()
            await engine.terminate()
            assert_effects(both, sender)
            assert_sqlite_whole(tmp_path)
