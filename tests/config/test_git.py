"""A workspace as it was at a commit."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.config.git import bundle_at
from engine.errors import RefUnreadable


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=tests", "-c", "user.email=tests@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace in a folder of a repository, with a commit and a change that is not committed."""
    folder = tmp_path / "deep" / "workspace"
    write(
        folder,
        {
            "flows/workspace.yaml": "crossdock: 1\n",
            "flows/a b/ö.yaml": "flow: x\n",
            "flows/x.test.yaml": "test: x\n",
            "flows/.hidden/x.yaml": "no\n",
            "canonical/order/1.yaml": "",
            "README.md": "no\n",
        },
    )
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    git(tmp_path, "tag", "v1")
    write(folder, {"flows/workspace.yaml": "crossdock: 2\n"})
    return folder


@pytest.mark.parametrize("ref", ["HEAD", "main", "v1"])
def test_the_files_are_those_of_the_commit_and_those_of_a_revision_only(workspace: Path, ref: str) -> None:
    found = bundle_at(workspace, ref)
    assert dict(found.files) == {
        "canonical/order/1.yaml": b"",
        "flows/a b/ö.yaml": b"flow: x\n",
        "flows/workspace.yaml": b"crossdock: 1\n",
    }
    git(workspace, "checkout", "-q", ".")
    assert found.revision == Bundle.from_directory(workspace, Findings()).revision


def test_a_commit_that_is_not_there_is_told(workspace: Path) -> None:
    with pytest.raises(RefUnreadable, match="got 'nope': there is no commit 'nope'"):
        bundle_at(workspace, "nope")
    with pytest.raises(RefUnreadable, match="there is no commit '--all'"):
        bundle_at(workspace, "--all")


def test_a_folder_without_a_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RefUnreadable, match="expected a commit, tag or branch"):
        bundle_at(tmp_path, "HEAD")


def test_a_machine_without_git_is_told(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(RefUnreadable, match="expected git to be installed"):
        bundle_at(workspace, "HEAD")


def test_a_commit_before_the_workspace_is_empty(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "commit", "-qm", "nothing", "--allow-empty")
    assert dict(bundle_at(tmp_path, "HEAD").files) == {}
