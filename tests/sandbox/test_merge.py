"""Merge patches as RFC 7396 has them, and what the store makes of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sandbox.entries import Entry, Outgoing
from engine.sandbox.merge import merged
from engine.sandbox.peer_store import PeerStore


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # the test cases of RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_the_standard_says(target: Any, patch: Any, result: Any) -> None:
    assert merged(target, patch) == result


JSON = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)
PATCHES = st.lists(
    st.dictionaries(
        st.sampled_from("abc"), st.none() | JSON | st.dictionaries(st.text(max_size=2), st.none() | JSON, max_size=3)
    ),
    max_size=5,
)


@given(patches=PATCHES)
def test_the_state_read_again_is_the_state_that_was_committed(
    tmp_path_factory: pytest.TempPathFactory, patches: list[dict[str, Any]]
) -> None:
    """Rows per item add up to the same document, whatever is patched into whatever."""
    path = tmp_path_factory.mktemp("store") / "peer.db"
    store = PeerStore(path, {"a": {"x": 1}})
    for number, patch in enumerate(patches, 1):
        entry = Entry(0.0, "op", "POST", "/", None, {}, b"", applied=True, sequence=number)
        store.apply(entry, patch, Outgoing(200), ())
    expected = store.state
    store.close()
    again = PeerStore(path, {})
    assert again.state == expected
    assert again.next_sequence == len(patches) + 1
    again.close()
