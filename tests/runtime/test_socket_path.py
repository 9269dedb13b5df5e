"""Where the control socket lies."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from engine.errors import CrossdockError
from engine.runtime.socket_path import LONGEST, make_folder, socket_path


def test_it_lies_beside_the_store() -> None:
    assert socket_path(Path("/srv/hub/.crossdock")) == Path("/srv/hub/.crossdock/control.sock")


def test_a_long_path_has_a_short_one_of_its_own() -> None:
    first, second = (socket_path(Path("/srv") / ("ä" * 60) / name) for name in ("a", "b"))
    assert first != second
    assert first == socket_path(Path("/srv") / ("ä" * 60) / "a")
    assert len(os.fsencode(first)) < LONGEST


def test_a_folder_that_others_can_use_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEC-5: nobody puts a socket of theirs in our way."""
    monkeypatch.setattr("engine.runtime.socket_path._SHARED", tmp_path)
    path = socket_path(tmp_path / ("a" * 120))
    make_folder(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.parent.chmod(0o777)
    with pytest.raises(CrossdockError, match="to be yours alone"):
        make_folder(path)
