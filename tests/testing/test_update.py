"""`--update` writes what came in the place of what was expected, and nothing else."""

from __future__ import annotations

import pytest

from engine.errors import CommandRefused
from engine.testing.update import update_files
from tests.testing.small import Workspace

BEFORE = """\
test: orders  # about orders
cases:
  - case: in braces
    mapping: shop.order
    given: {file: examples/order.json}
    expect: {canonical: {number: "8"}}   # stays
  - case: in lines
    mapping: shop.order
    given: {payload: {id: 7, total: 19.90, lines: [yes, "1", a b]}}
    expect:
      canonical:
        number: "8"
        # goes: it is about what was expected

  # stays too
  - case: below its key when it is long
    mapping: shop.order
    given: {payload: {id: 7, total: 1, who: "a customer with quite a long name that does not fit on one line any more"}}
    expect:
      canonical: {}
"""
AFTER = """\
test: orders  # about orders
cases:
  - case: in braces
    mapping: shop.order
    given: {file: examples/order.json}
    expect: {canonical: {number: "7", total: 19.90, lines: []}}   # stays
  - case: in lines
    mapping: shop.order
    given: {payload: {id: 7, total: 19.90, lines: [yes, "1", a b]}}
    expect:
      canonical:
        number: "7"
        total: 19.90
        lines: ["yes", "1", a b]
        # goes: it is about what was expected

  # stays too
  - case: below its key when it is long
    mapping: shop.order
    given: {payload: {id: 7, total: 1, who: "a customer with quite a long name that does not fit on one line any more"}}
    expect:
      canonical:
        number: "7"
        total: 1
        customer: a customer with quite a long name that does not fit on one line any more
        lines: []
"""


def test_documents_are_replaced_and_the_rest_stays(small: Workspace) -> None:
    verdicts = small.run(BEFORE)
    assert not any(verdict.holds for verdict in verdicts)
    assert update_files(small.folder, verdicts) == {"flows/orders.test.yaml": 3}
    after = (small.folder / "flows/orders.test.yaml").read_text()
    assert after == AFTER
    assert all(verdict.holds for verdict in small.run(after))


def test_files_are_written_with_exact_numbers(small: Workspace) -> None:
    small.write("examples/one.json", "{}")
    small.write("examples/two.yaml", "{}")
    text = """
        test: orders
        cases:
          - case: json
            mapping: shop.order
            given: {file: examples/order.json}
            expect: {canonical_file: examples/one.json}
          - case: yaml
            mapping: shop.order
            given: {file: examples/order.json}
            expect: {canonical_file: examples/two.yaml}
    """
    assert update_files(small.folder, small.run(text)) == {"examples/one.json": 1, "examples/two.yaml": 1}
    assert (small.folder / "examples/one.json").read_text() == (
        '{\n  "number": "7",\n  "total": 19.90,\n  "lines": []\n}\n'
    )
    assert (small.folder / "examples/two.yaml").read_text() == 'number: "7"\ntotal: 19.90\nlines: []\n'
    assert all(verdict.holds for verdict in small.run(text))


def test_documents_of_a_flow_are_updated_and_its_ending_is_not(small: Workspace) -> None:
    text = """
        test: orders
        cases:
          - case: it is booked
            flow: orders
            given: {file: examples/order.json}
            stubs:
              - {operation: erp.check, reply: {}}
              - {operation: erp.book, reply: {status: 201, body: {ref: B-1}}}
            expect:
              sends: [{operation: erp.ship, equals: {}}]
              milestones: []
              OUTCOME
    """
    small.write("examples/order.json", '{"number": "7", "total": 19.90}')
    update_files(small.folder, small.run(text.replace("OUTCOME", "outcome: completed")))
    after = (small.folder / "flows/orders.test.yaml").read_text()
    assert 'equals: {order: "7", as: B-1}' in after
    assert "milestones: [received, booked]" in after
    verdicts = small.run(after.replace("outcome: completed", "outcome: dead"))
    assert not verdicts[0].updates
    small.write("examples/order.json", '{"id": 7, "total": 19.90}')


def test_case_with_an_unanswered_request_is_not_updated(small: Workspace) -> None:
    verdicts = small.run("""
        test: orders
        cases:
          - case: nobody answers
            flow: orders
            given: {payload: {number: "7", total: 1}}
            expect: {milestones: []}
    """)
    assert update_files(small.folder, verdicts) == {}


def test_file_that_would_not_read_again_is_left_as_it_is(small: Workspace) -> None:
    """Two cases share one document by an alias: one text cannot be both."""
    text = """
        test: orders
        cases:
          - case: one
            mapping: shop.order
            given: {payload: {id: 1, total: 1}}
            expect: {canonical: &same {}}
          - case: two
            mapping: shop.order
            given: {payload: {id: 2, total: 1}}
            expect: {canonical: *same}
    """
    verdicts = small.run(text)
    before = (small.folder / "flows/orders.test.yaml").read_text()
    with pytest.raises(CommandRefused, match="cannot be updated at"):
        update_files(small.folder, verdicts)
    assert (small.folder / "flows/orders.test.yaml").read_text() == before
