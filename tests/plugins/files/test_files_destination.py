from __future__ import annotations

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from drop_folders import make_host
from pydantic import ValidationError

from engine.errors import PluginError, StepFailed
from engine.plugin import Destination, DestinationSetup, Request
from plugins.files import disk, plugin
from plugins.files.destination import open_destination
from plugins.files.settings import FilesConnection, FilesEvent, FilesRequest

CONNECTOR = plugin.connectors[0]


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    folder = tmp_path / "outbox"
    folder.mkdir()
    return folder


def opened(outbox: Path, reply_limit: int = 1000) -> Destination:
    setup = DestinationSetup("erp", FilesConnection(folder="outbox"), reply_limit=reply_limit)
    return open_destination(setup, make_host(outbox.parent))


def request(path: str = "orders/1001.csv", body: bytes | None = b"a;b", **settings: Any) -> Request:
    return Request("drop-order", {"path": path, **settings}, {}, body, "text/csv", "key-1", 10.0)


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_file_is_written_whole_and_nothing_else_is_left(outbox: Path) -> None:
    reply = await opened(outbox).send(request())
    assert reply.status == 201
    assert json.loads(reply.body) == {
        "path": "orders/1001.csv",
        "bytes": 3,
        "sha256": hashlib.sha256(b"a;b").hexdigest(),
    }
    assert tree(outbox) == {"orders/1001.csv": b"a;b"}


async def test_second_try_of_the_same_file_succeeds_and_changes_nothing(outbox: Path) -> None:
    """REL-3: the same bytes at the same place are the same effect."""
    destination = opened(outbox)
    assert [(await destination.send(request())).status for _ in range(2)] == [201, 200]
    assert tree(outbox) == {"orders/1001.csv": b"a;b"}


async def test_other_content_is_a_conflict_unless_it_may_be_replaced(outbox: Path) -> None:
    destination = opened(outbox)
    await destination.send(request())
    with pytest.raises(StepFailed) as failure:
        await destination.send(request(body=b"other"))
    assert (failure.value.error_class, failure.value.reason) == ("conflict", "file-exists")
    assert tree(outbox) == {"orders/1001.csv": b"a;b"}
    assert (await destination.send(request(body=b"other", overwrite=True))).status == 201
    assert tree(outbox) == {"orders/1001.csv": b"other"}


@pytest.mark.parametrize(
    "path", ["../escape.csv", "a/../../escape.csv", "link/escape.csv", "", "/", ".", "a\0b", ".hidden"]
)
async def test_path_that_leaves_the_folder_is_a_data_failure(outbox: Path, path: str) -> None:
    """SEC-5: a name from a message never writes elsewhere."""
    (outbox / "link").symlink_to(outbox.parent)
    for action in ("write", "read"):
        with pytest.raises(StepFailed) as failure:
            await opened(outbox).send(request(path, action=action))
        assert (failure.value.error_class, failure.value.reason) == ("data", "bad-path")
    assert not (outbox.parent / "escape.csv").exists()


async def test_absolute_path_is_below_the_folder(outbox: Path) -> None:
    await opened(outbox).send(request("/orders/1.csv"))
    assert tree(outbox) == {"orders/1.csv": b"a;b"}


async def test_file_is_read_or_not_found(outbox: Path) -> None:
    destination = opened(outbox, reply_limit=3)
    (outbox / "a.csv").write_bytes(b"123")
    (outbox / "big.csv").write_bytes(b"1234")
    found = await destination.send(request("a.csv", None, action="read"))
    assert (found.status, found.body) == (200, b"123")
    assert (await destination.send(request("b.csv", None, action="read"))).status == 404
    with pytest.raises(StepFailed, match="at most 3 bytes"):
        await destination.send(request("big.csv", None, action="read"))


async def test_full_disk_is_transient_and_leaves_nothing(outbox: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StepFailed) as failure:
            await opened(outbox).send(request())
    assert (failure.value.error_class, failure.value.reason) == ("transient", "disk-error")
    assert tree(outbox) == {}
    assert (await opened(outbox).send(request())).status == 201


def test_unfinished_file_of_a_crashed_try_is_used_again(outbox: Path) -> None:
    (outbox / ".a.csv.token.tmp").write_bytes(b"half of a longer te")
    assert disk.write(outbox / "a.csv", b"whole", token="token", overwrite=False)
    assert tree(outbox) == {"a.csv": b"whole"}


@pytest.mark.parametrize("code", [errno.EPERM, errno.EXDEV])
def test_disk_without_links_is_written_and_moved_all_the_same(
    outbox: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_links(*args: Any, **kwargs: Any) -> None:
        raise OSError(code, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    assert disk.write(outbox / "a.csv", b"1", token="token", overwrite=False)
    with pytest.raises(disk.Different):
        disk.write(outbox / "a.csv", b"2", token="token", overwrite=False)
    (seen,) = disk.scan(outbox, "*", None)
    (outbox / "done").mkdir()
    (outbox / "done" / "a.csv").write_bytes(b"earlier")
    assert disk.move(seen, outbox / "done").name == "a-2.csv"
    assert tree(outbox) == {"done/a.csv": b"earlier", "done/a-2.csv": b"1"}


def test_holes_of_a_path_stay_in_their_place() -> None:
    template = FilesRequest.model_validate({"path": "orders/{number}.csv"}).path
    assert template.written("PO/1\\..%") == "PO%2F1%5C..%25"
    assert template.written("../x") == "%2E.%2Fx"
    assert template.written("A 1-2_ü") == "A 1-2_ü"


def test_connector_says_what_it_occupies_and_what_is_safe() -> None:
    event = FilesEvent.model_validate({"receive": {"folder": "in/orders/", "pattern": "*.csv"}})
    assert CONNECTOR.addresses(event) == ("in/orders/*.csv",)
    assert CONNECTOR.addresses(FilesEvent()) == ()
    assert CONNECTOR.changes_nothing(FilesRequest.model_validate({"path": "a", "action": "read"}))
    assert not CONNECTOR.changes_nothing(FilesRequest.model_validate({"path": "a"}))


@pytest.mark.parametrize("receive", [{"pattern": "a/b"}, {"trigger": "done"}, {"done": "error"}, {"done": "."}])
def test_settings_that_cannot_work_are_refused(receive: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="expected"):
        FilesEvent.model_validate({"receive": {"folder": "in", **receive}})


def test_system_without_folder_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="folder"):
        open_destination(DestinationSetup("erp", FilesConnection()), make_host(tmp_path))
