from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from engine.plugin import Registry
from engine.plugin.contract import CodecContract

GUIDE = Path(__file__).parents[2] / "docs" / "how-to" / "write-a-plugin.md"


def example() -> dict[str, Any]:
    """The names that the guide's codec defines."""
    block = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)[0]
    names: dict[str, Any] = {"__name__": "crossdock_lines"}
    exec(compile(block, str(GUIDE), "exec", dont_inherit=True), names)
    return names


class Lines:
    def __init__(self) -> None:
        names = example()
        self.codec = names["LinesCodec"](names["LinesSettings"]())
        self.documents = ([], ["one", "zwei ✓"])
        self.malformed = (b"\xff\xfe",)
        self.unencodable = ({"not": "lines"},)


class TestCodecOfTheGuide(CodecContract):
    @pytest.fixture
    def harness(self) -> Lines:
        return Lines()


def test_plugin_of_the_guide_is_taken_by_the_registry() -> None:
    registry = Registry([example()["plugin"]])
    kind = registry.codecs["lines"]
    assert kind.open(kind.settings()).decode(b"a\nb\n") == ["a", "b"]
