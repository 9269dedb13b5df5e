"""Cases are run one after the other, or in several processes, and their verdicts are the same."""

from __future__ import annotations

from tests.testing.small import Workspace

CASE = """
  - case: case {number}
    flow: orders
    given: {{event: shop.order, payload: {{id: {number}, total: 19.90}}}}
    stubs:
      - {{operation: erp.check, reply: {{body: {{state: ok}}}}}}
      - {{operation: erp.book, reply: {{status: 201, body: {{ref: B-1}}}}}}
    expect:
      calls: [erp.check, {{operation: erp.book, equals: {{number: "{expected}", total: 19.90, lines: []}}}}]
"""


def cases(count: int, wrong: int) -> str:
    """Cases of which one is wrong."""
    numbers = ((number, 0 if number == wrong else number) for number in range(1, count + 1))
    return "test: orders\ncases:" + "".join(CASE.format(number=one, expected=two) for one, two in numbers)


def test_verdicts_come_in_the_order_of_the_cases(small: Workspace) -> None:
    alone, together = small.run(cases(9, wrong=4)), small.run(cases(9, wrong=4), jobs=3)
    for verdicts in (alone, together):
        assert [verdict.case for verdict in verdicts] == [f"case {number}" for number in range(1, 10)]
        assert [verdict.holds for verdict in verdicts] == [number != 4 for number in range(1, 10)]
    assert [list(one.lines()) for one in alone] == [list(one.lines()) for one in together]
    assert alone[3].updates == together[3].updates


def test_what_is_reached_is_counted_over_all_processes(small: Workspace) -> None:
    _, alone = small.watched(cases(6, wrong=0))
    _, together = small.watched(cases(6, wrong=0), jobs=2)
    assert alone.cases == together.cases
    assert max(alone.cases.values()) == 6
