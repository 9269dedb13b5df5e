"""Mapping cases: what an event's payload becomes, what an operation sends, and what it makes of the reply."""

from __future__ import annotations

import pytest

from tests.testing.small import Workspace


def test_payload_becomes_canonical_as_at_a_real_arrival(small: Workspace) -> None:
    assert (
        small.wrong("""
        mapping: shop.order
        given: {file: examples/order.json, headers: {X-Customer: C-1}}
        expect: {canonical: {number: "7", total: 19.90, customer: C-1, lines: []}}
    """)
        == []
    )
    assert (
        small.wrong("""
        mapping: shop.order
        given: {payload: '{"id": 7, "total": 1}', attributes: {customer: C-2}}
        expect: {canonical: {number: "7", total: 1, customer: C-2, lines: []}}
    """)
        == []
    )


def test_numbers_are_compared_by_their_digits(small: Workspace) -> None:
    """DESIGN 7: 19.90 is not 19.9, and an identifier keeps every digit."""
    case = "mapping: shop.order\ngiven: {payload: {id: 820982911946154508, total: 19.90}}\nexpect: {canonical: "
    assert small.wrong(case + '{number: "820982911946154508", total: 19.90, lines: []}}') == []
    assert small.wrong(case + '{number: "820982911946154508", total: 19.9, lines: [a]}}') == [
        "canonical.total: expected 19.9, got 19.90",
        'canonical.lines[0]: expected "a", got nothing',
    ]


def test_refusal_is_expected_by_its_code(small: Workspace) -> None:
    case = "mapping: shop.order\ngiven: {payload: {id: x, total: 1}}\nexpect: "
    assert small.wrong(case + "{refused: broken-contract}") == []
    (told,) = small.wrong(case + "{canonical: {}}")
    assert told.startswith("canonical: expected a canonical document, got broken-contract: order: id: expected")
    right = "mapping: shop.order\ngiven: {payload: {id: 1, total: 1}}\nexpect: {refused: unreadable}"
    assert small.wrong(right) == ["canonical: expected a refusal as unreadable, got a canonical document"]


def test_payload_that_the_event_does_not_want_becomes_nothing(small: Workspace) -> None:
    assert (
        small.wrong("""
        mapping: shop.order
        given: {payload: {id: 1, total: 1, draft: true}}
        expect: {canonical: []}
    """)
        == []
    )


def test_request_of_an_operation_is_looked_at_before_it_leaves(small: Workspace) -> None:
    case = "mapping: erp.book\ngiven: {payload: {number: '7', total: 19.90}}\nexpect: {request: "
    assert small.wrong(case + "{method: POST, path: /orders, body: {nr: '7', sum: 19.90}}}") == []
    assert small.wrong(case + "{method: PUT, body: {nr: '7'}}}") == [
        'request.method: expected "PUT", got "POST"',
        "request.body.sum: expected nothing, got 19.90",
    ]


def test_request_that_cannot_be_made_says_why(small: Workspace) -> None:
    """What the operation accepts is checked as in a running workspace."""
    told = small.wrong("mapping: erp.book\ngiven: {payload: {number: '7'}}\nexpect: {request: {method: POST}}")
    assert told[0].startswith("request: expected a request, got none, for erp.book:")
    assert told[1].startswith("failed: expected no failure, got data (broken-contract)")


def test_reply_is_judged_and_mapped_by_the_operation(small: Workspace) -> None:
    case = "mapping: erp.book\ngiven: {payload: {number: '7', total: 1}}\n"
    assert small.wrong(case + "reply: {status: 201, body: {ref: B}}\nexpect: {canonical: {bookedAs: B}}") == []
    refused = case + "reply: {status: 422, body: {code: HOLD}}\nexpect: {failed: {class: business, reason: on-hold}}"
    assert small.wrong(refused) == []
    assert small.wrong(refused.replace("on-hold}", "x, owner: sales}")) == [
        "failed.reason: expected x, got on-hold",
        "failed.owner: expected sales, got finance",
    ]
    assert small.wrong(case + "reply: {status: 422}\nexpect: {canonical: {}}")[0].startswith(
        "failed: expected no failure, got data (bad-order)"
    )
    assert small.wrong(case + "reply: {status: 201, body: {ref: B}}\nexpect: {failed: {class: data}}") == [
        "failed: expected a failure, got a canonical reply"
    ]


def test_fault_is_a_failure_whose_outcome_is_unknown(small: Workspace) -> None:
    case = "mapping: erp.book\ngiven: {payload: {number: '7', total: 1}}\nreply: {fault: FAULT}\n"
    case += "expect: {failed: {class: CLASS}}"
    for fault, kind in (("timeout", "unknown"), ("dropped", "unknown"), ("unreachable", "transient")):
        assert small.wrong(case.replace("FAULT", fault).replace("CLASS", kind)) == []


def test_expected_documents_may_be_files(small: Workspace) -> None:
    small.write("examples/canonical.yaml", 'number: "7"\ntotal: 19.90\nlines: []\n')
    small.write("examples/body.json", '{"nr": "7", "sum": 19.9}')
    assert (
        small.wrong("""
        mapping: shop.order
        given: {file: examples/order.json}
        expect: {canonical_file: examples/canonical.yaml}
    """)
        == []
    )
    assert small.wrong("""
        mapping: erp.book
        given: {file: examples/canonical.yaml}
        expect: {body_file: examples/body.json}
    """) == ["request.body.sum: expected 19.9, got 19.90"]


def test_nothing_reaches_the_network(small: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stubs stand where connections would be opened: with sockets forbidden every case runs as before."""

    def forbidden(*given: object, **named: object) -> None:
        raise AssertionError("a test opened a connection")

    monkeypatch.setattr("asyncio.BaseEventLoop.create_connection", forbidden)
    assert (
        small.wrong("""
        flow: orders
        given: {event: shop.order, file: examples/order.json}
        stubs:
          - {operation: erp.check, reply: {}}
          - {operation: erp.book, reply: {status: 201, body: {ref: B}}}
    """)
        == []
    )
