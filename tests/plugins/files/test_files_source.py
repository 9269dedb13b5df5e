from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from drop_folders import Served, binding, drop, eventually, make_host

from engine.errors import InvalidInput, Overloaded, PluginError, StoreUnavailable, TooLarge
from engine.plugin.contract import RecordingIntake
from plugins.files import disk
from plugins.files.source import FilesSource

Serving = Callable[..., Awaitable[Served]]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


async def test_file_is_handed_in_with_its_name_and_a_key_of_name_and_content(serving: Serving) -> None:
    served = await serving(binding())
    drop(served.folder / "orders", "ORD-1.csv", b"a;b\r\n")
    await served.intake.called(1)
    (arrival,) = served.intake.accepted
    assert arrival.attributes == {"name": "ORD-1.csv", "size": 5}
    assert arrival.key == hashlib.sha256(b"ORD-1.csv\0a;b\r\n").hexdigest()
    await eventually(lambda: names(served.folder / "orders" / "done") == ["ORD-1.csv"])
    assert names(served.folder / "orders") == []


async def test_file_that_is_still_written_is_left_alone(serving: Serving) -> None:
    served = await serving(binding(stable_for="200 ms", poll="10 ms"))
    path = served.folder / "orders" / "slow.csv"
    written = b""
    for number in range(40):
        written += b"line %d\n" % number
        path.write_bytes(written)
        await asyncio.sleep(0.01)
        assert served.intake.calls == 0
    await served.intake.called(1)
    assert served.intake.accepted[0].body == written


async def test_only_finished_regular_files_that_fit_the_pattern_are_taken(serving: Serving, tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    for name in ("ORD1.csv.tmp", ".ORD2.csv", "ORD3.csv.part", "other.csv", "ORD4.txt"):
        (folder / name).write_bytes(b"x")
    (folder / "ORD5.csv").mkdir()
    (tmp_path / "secret.csv").write_bytes(b"secret")
    (folder / "ORD6.csv").symlink_to(tmp_path / "secret.csv")
    os.mkfifo(folder / "ORD7.csv")
    drop(folder, "ORD8.csv", b"good")
    served = await serving(binding(pattern="ORD*.csv"))
    await eventually(lambda: names(folder / "done") == ["ORD8.csv"])
    assert [arrival.body for arrival in served.intake.accepted] == [b"good"]


async def test_files_come_oldest_first(serving: Serving, tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    for age, name in ((10, "c"), (30, "b"), (20, "a")):
        os.utime(drop(folder, name, name.encode()), (1_700_000_000 - age, 1_700_000_000 - age))
    served = await serving(binding())
    await eventually(lambda: len(served.intake.accepted) == 3)
    assert [arrival.body for arrival in served.intake.accepted] == [b"b", b"a", b"c"]


async def test_file_waits_for_its_trigger(serving: Serving) -> None:
    served = await serving(binding(trigger=".done", stable_for="1 h"))
    folder = served.folder / "orders"
    drop(folder, "without.csv", b"1")
    drop(folder, "with.csv", b"2")
    (folder / "with.csv.done").touch()
    await eventually(lambda: names(folder / "done") == ["with.csv"])
    assert names(folder) == ["without.csv"]
    assert [arrival.body for arrival in served.intake.accepted] == [b"2"]


async def test_change_notice_wakes_before_the_poll(serving: Serving) -> None:
    served = await serving(binding(notify=True, poll="1 h", stable_for="10 ms"))

    for number in range(50):  # the notices begin a moment after the start
        drop(served.folder / "orders", f"{number}.csv", b"1")
        try:
            await served.intake.called(1, within=0.3)
        except TimeoutError:
            continue
        return
    pytest.fail("no notice woke the source")


async def test_refused_file_lies_in_error_with_its_problem(serving: Serving) -> None:
    """REL-19: the problem document lies beside the file."""
    served = await serving(binding())
    violation = {"path": "$.lines", "rule": "minItems", "expected": "1", "found": "0"}
    served.intake.script.append(InvalidInput("no lines", code="contract", violations=[violation]))
    drop(served.folder / "orders", "bad.csv", b"x")
    error = served.folder / "orders" / "error"
    await eventually(lambda: names(error) == ["bad.csv", "bad.csv.problem.json"])
    problem = json.loads((error / "bad.csv.problem.json").read_bytes())
    assert problem == {
        "type": "urn:crossdock:problem:contract",
        "title": "the payload is not valid",
        "status": 422,
        "code": "contract",
        "detail": "no lines",
        "file": "bad.csv",
        "violations": [violation],
    }
    assert (error / "bad.csv").read_bytes() == b"x"


async def test_file_beyond_the_limit_is_refused_without_being_read(serving: Serving) -> None:
    served = await serving(binding(limit=10))
    drop(served.folder / "orders", "big.csv", b"x" * 11)
    await eventually(lambda: len(names(served.folder / "orders" / "error")) == 2)
    arrival, problem = served.intake.rejected[0]
    assert (arrival.body, arrival.attributes) == (b"", {"name": "big.csv", "size": 11})
    assert isinstance(problem, TooLarge)
    assert served.intake.calls == 0


async def test_file_stays_while_nothing_can_be_stored_and_keeps_its_turn(serving: Serving, tmp_path: Path) -> None:
    """REL-2: nothing is moved that was not committed; later files do not overtake."""
    folder = tmp_path / "orders"
    for age, name in ((20, "first"), (10, "second")):
        os.utime(drop(folder, name, name.encode()), (1_700_000_000 - age, 1_700_000_000 - age))
    intake = RecordingIntake()
    intake.script.extend([StoreUnavailable("disk full"), Overloaded("backlog", retry_after=0.02)])
    intake.gate.clear()
    await serving(binding(), intake=intake)
    await intake.called(1)
    assert names(folder) == ["first", "second"]
    intake.gate.set()
    await eventually(lambda: names(folder / "done") == ["first", "second"])
    assert [arrival.body for arrival in intake.accepted] == [b"first", b"second"]
    assert intake.calls == 4


async def test_file_with_an_error_of_its_own_does_not_hold_up_the_others(serving: Serving, tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    for age, name in ((20, "first"), (10, "second")):
        os.utime(drop(folder, name, name.encode()), (1_700_000_000 - age, 1_700_000_000 - age))
    intake = RecordingIntake()
    intake.script.append(RuntimeError("a mistake of the engine"))
    await serving(binding(), intake=intake)
    await eventually(lambda: names(folder / "done") == ["first", "second"])
    assert [arrival.body for arrival in intake.accepted] == [b"second", b"first"]


async def test_file_accepted_before_a_crash_comes_again_with_the_same_key(serving: Serving, tmp_path: Path) -> None:
    """REL-3: killed between the commit and the move, the next start hands in a repeat."""
    path = drop(tmp_path / "orders", "a.csv", b"1")
    first = await serving(binding())
    await eventually(lambda: not path.exists())
    await first.source.stop()
    (tmp_path / "orders" / "done" / "a.csv").rename(path)
    second = await serving(binding())
    await eventually(lambda: not path.exists())
    assert first.intake.accepted[0].key == second.intake.accepted[0].key


async def test_file_that_changes_after_it_was_accepted_is_not_put_away(serving: Serving) -> None:
    intake = RecordingIntake()
    intake.gate.clear()
    served = await serving(binding(), intake=intake)
    path = drop(served.folder / "orders", "a.csv", b"1")
    await intake.called(1)
    with path.open("ab") as file:
        file.write(b"2")
    intake.gate.set()
    await eventually(lambda: not path.exists())
    assert [arrival.body for arrival in intake.accepted] == [b"1", b"12"]
    assert len({arrival.key for arrival in intake.accepted}) == 2


async def test_equal_names_in_done_are_kept_apart(serving: Serving) -> None:
    served = await serving(binding())
    for body in (b"1", b"2", b"3"):
        path = drop(served.folder / "orders", "a.tar.gz", body)
        await eventually(lambda path=path: not path.exists())  # type: ignore[misc]
    done = served.folder / "orders" / "done"
    assert {path.name: path.read_bytes() for path in done.iterdir()} == {
        "a.tar.gz": b"1",
        "a-2.tar.gz": b"2",
        "a-3.tar.gz": b"3",
    }


async def test_name_that_is_not_utf8_does_no_harm(serving: Serving, tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / os.fsdecode(b"gr\xfc\xdfe.csv")).write_bytes(b"1")
    served = await serving(binding())
    await eventually(lambda: len(names(folder / "done")) == 1)
    assert json.dumps(served.intake.accepted[0].attributes).isascii()
    served.intake.accepted[0].attributes["name"].encode()


async def test_folder_that_goes_away_and_comes_back_is_taken_up_again(serving: Serving) -> None:
    served = await serving(binding())
    folder = served.folder / "orders"
    away = folder.rename(served.folder / "away")
    await asyncio.sleep(0.1)
    away.rename(folder)
    drop(folder, "a.csv", b"1")
    await served.intake.called(1)


async def test_missing_folder_and_colliding_events_are_refused(tmp_path: Path) -> None:
    source = FilesSource(make_host(tmp_path))
    with pytest.raises(PluginError, match="is missing"):
        await source.start([binding(create=False)], RecordingIntake())
    with pytest.raises(PluginError, match=r"taken by 'erp\.orders'"):
        await source.start([binding(), binding("crm.x", folder="orders/")], RecordingIntake())
    (tmp_path / "plain").write_bytes(b"")
    with pytest.raises(PluginError, match="cannot be used"):
        await source.start([binding(folder="plain")], RecordingIntake())


def test_scan_of_a_large_folder_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk, "_MOST_ENTRIES", 5)
    for number in range(9):
        (tmp_path / str(number)).touch()
    assert len(disk.scan(tmp_path, "*", None)) == 5
