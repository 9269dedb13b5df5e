"""What lint found is kept under a key of all that it depends on, and what is kept can be nothing but findings."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.fields.marks import Mark
from engine.lint.kept import KeptResult, KeptResults, key_of, result_of

FILES = {"flows/a.yaml": b'url: "${env:ADDRESS}"\nkey: "${secret:KEY}"\n', "flows/b.yaml": b"b: 1\n"}
VARIABLES = {"ADDRESS": "https://a", "CROSSDOCK_SECRET_KEY": "swordfish", "OTHER": "x"}


def key(
    files: dict[str, bytes] = FILES,
    variables: dict[str, str] = VARIABLES,
    reading: Findings | None = None,
    parts: tuple[str, ...] = ("1.0",),
    *,
    complete: bool = True,
    sandbox: bool = False,
) -> str:
    environment = Environment(variables, complete=complete, sandbox=sandbox)
    return key_of(Bundle(files), environment, reading or Findings(), parts)


def warned() -> Findings:
    findings = Findings()
    findings.add("XD123", Mark("flows/c.yml", 1, 1), expected="a file '.yaml'", found="'.yml'")
    return findings


def result() -> KeptResult:
    findings = warned()
    ignored = findings.add(
        "XD605", Mark("flows/a.yaml", 3, 5), expected="a topic", found="'x'", hint="did you mean 'y'"
    )
    findings.ignore(ignored, "meant so")
    return result_of("r-1", findings)


def test_equal_runs_have_one_key() -> None:
    assert key() == key(dict(reversed(FILES.items()))) == key(variables={**VARIABLES, "OTHER": "y"})


@pytest.mark.parametrize(
    "other",
    [
        key({**FILES, "flows/b.yaml": b"b: 2\n"}),
        key({"flows/a.yaml": FILES["flows/a.yaml"]}),
        key({"flows/a.yaml": FILES["flows/a.yaml"], "flows/c.yaml": b"b: 1\n"}),
        key(variables={**VARIABLES, "ADDRESS": "https://b"}),
        key(variables={**VARIABLES, "CROSSDOCK_SECRET_KEY": "shark"}),
        key(variables={**VARIABLES, "CROSSDOCK_SECRET_KEY": ""}),
        key(reading=warned()),
        key(parts=("1.1",)),
        key(complete=False),
        key(sandbox=True),
    ],
    ids=["content", "gone", "renamed", "variable", "secret", "empty", "left out", "program", "complete", "sandbox"],
)
def test_whatever_findings_depend_on_changes_the_key(other: str) -> None:
    assert other != key()


def test_names_count_where_a_value_is_missing_for_one_of_them_may_be_offered() -> None:
    missing = {name: value for name, value in VARIABLES.items() if name != "ADDRESS"}
    assert key(variables=missing) != key(variables={**missing, "ADRESS": "https://a"})


def test_two_files_do_not_have_the_key_of_one_with_both_their_bytes() -> None:
    assert key({"a.yaml": b"x", "b.yaml": b"y"}) != key({"a.yaml": b"x6:b.yaml1:y"})


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path / "lint")
    assert kept.load("k") is None
    kept.save("k", result())
    assert kept.load("k") == result()
    assert kept.load("other") is None
    assert (tmp_path / "lint").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{",
        b"\x80\x04\x95",
        b'{"revision":"r-1"}',
        b'{"revision":1,"findings":[],"ignored":[],"omitted":0,"omitted_errors":0}',
        b'{"revision":null,"findings":[{"code":"XD1"}],"ignored":[],"omitted":0,"omitted_errors":0}',
    ],
)
def test_anything_else_is_as_if_nothing_were_kept(tmp_path: Path, content: bytes) -> None:
    kept = KeptResults(tmp_path)
    (tmp_path / "k.json").write_bytes(content)
    assert kept.load("k") is None


@pytest.mark.parametrize(("name", "value"), [("code", "XD999"), ("line", 0), ("line", "1"), ("severity", "fatal")])
def test_a_finding_that_cannot_be_is_not_told(tmp_path: Path, name: str, value: object) -> None:
    kept = KeptResults(tmp_path)
    kept.save("k", result())
    document = json.loads((tmp_path / "k.json").read_bytes())
    document["findings"][0][name] = value
    (tmp_path / "k.json").write_text(json.dumps(document))
    assert kept.load("k") is None


def test_the_oldest_results_go(tmp_path: Path) -> None:
    kept = KeptResults(tmp_path)
    for number in range(45):
        kept.save(f"k{number}", result())
        os.utime(tmp_path / f"k{number}.json", ns=(number, number))
    kept.save("last", result())
    assert len(list(tmp_path.iterdir())) == 40
    assert kept.load("k1") is None
    assert kept.load("last") == result()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = KeptResults(tmp_path / "file" / "lint")
    kept.save("k", result())
    assert kept.load("k") is None
