"""Flow cases run on the real executor; the calls, deliveries, events and endings are those of a running workspace."""

from __future__ import annotations

from tests.testing.small import Workspace

GIVEN = "given: {event: shop.order, file: examples/order.json}"
CHECKED = "- {operation: erp.check, reply: {body: {state: ok}}}"
HELD = "- {operation: erp.check, reply: {body: {state: hold}}}"
BOOKED = "- {operation: erp.book, reply: {status: 201, body: {ref: B-1}}}"


def test_everything_that_a_flow_did_can_be_looked_at(small: Workspace) -> None:
    verdict = small.case(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          {BOOKED}
          - {{operation: erp.ship, reply: {{status: 200}}}}
        expect:
          attempts: 1
          calls:
            - erp.check
            - operation: erp.book
              equals: {{number: "7", total: 19.90, lines: []}}
              assert: total = 19.90
              request: {{method: POST, path: /orders, body: {{nr: "7", sum: 19.90}}}}
          undone: []
          sends: [{{operation: erp.ship, equals: {{order: "7", as: B-1}}, outcome: completed}}]
          publishes: [{{topic: order.booked, contains: {{number: "7"}}}}]
          milestones: [received, booked]
          reply: {{status: 202, equals: {{as: B-1}}}}
    """)
    assert list(verdict.lines()) == []
    assert verdict.holds


def test_every_expectation_that_does_not_hold_is_told(small: Workspace) -> None:
    told = small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          {BOOKED}
        expect:
          attempts: 2
          calls:
            - erp.check
            - {{operation: erp.book, contains: {{number: "8"}}, assert: total = 20, request: {{body: {{nr: "9"}}}}}}
          undone: [erp.cancel]
          sends: [{{operation: erp.ship, equals: {{order: "7"}}, outcome: completed}}]
          publishes: []
          milestones: [received, shipped]
          reply: {{status: 200, contains: {{as: B-2}}}}
    """)
    assert told == [
        'calls[1] (erp.book).number: expected "8", got "7"',
        'calls[1] (erp.book): expected \'total = 20\' to be true, got false of {"number":"7","total":19.90,"lines":[]}',
        'calls[1] (erp.book) request.body.nr: expected "9", got "7"',
        "undone: expected erp.cancel, got none",
        'sends[0] (erp.ship).as: expected nothing, got "B-1"',
        "sends[0] (erp.ship) outcome: expected completed, got not delivered: no stub answers it",
        "publishes: expected none, got order.booked",
        'milestones[1]: expected "shipped", got "booked"',
        "reply.status: expected 200, got 202",
        'reply.as: expected "B-2", got "B-1"',
        "attempts: expected 2, got 1",
    ]


def test_request_that_no_stub_answers_fails_with_the_nearest_stub(small: Workspace) -> None:
    (told,) = small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          - {{operation: erp.book, when: body.nr = "8", reply: {{status: 201}}}}
    """)
    assert told == (
        'no stub answers erp.book: POST /orders with {"nr":"7","sum":19.90}; '
        "the nearest, stubs[1], has a 'when' (body.nr = \"8\") that is not true of it"
    )
    (told,) = small.wrong(f"flow: orders\n{GIVEN}")
    assert told == "no stub answers erp.check: GET /credit/7; the case has no stubs"
    (told,) = small.wrong(
        f"flow: orders\n{GIVEN}\nstubs:\n  {CHECKED}\n  - {{operation: erp.book, replies: [{{status: 503}}]}}"
    )
    assert "erp.book (the question whether it was done): GET /orders/7; the nearest, stubs[1]" in told


def test_stub_that_nobody_asks_fails_the_case(small: Workspace) -> None:
    assert small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          {BOOKED}
          - {{operation: erp.cancel, reply: {{}}}}
    """) == ["stubs[2] for erp.cancel was never asked"]
    assert small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          - {{operation: erp.book, replies: [{{status: 201, body: {{ref: B}}}}, {{status: 500}}]}}
    """) == ["stubs[1] for erp.book: only 1 of 2 replies was asked for"]


def test_tries_again_pass_in_virtual_time(small: Workspace) -> None:
    """The policy waits a minute, then two; a case takes neither."""
    tried = f"""
        flow: orders
        {GIVEN}
        stubs:
          - operation: erp.check
            replies: [{{status: 503}}, {{fault: unreachable}}, {{body: {{state: ok}}}}]
          {BOOKED}
        expect:
          attempts: 3
          calls: [erp.check, erp.check, erp.check, erp.book]
          within: LONGEST
    """
    assert small.wrong(tried.replace("LONGEST", "181 s")) == []
    assert small.wrong(tried.replace("LONGEST", "179 s")) == ["within: expected 179 s, got 180 s"]


def test_call_whose_answer_is_lost_is_confirmed_before_a_second_try(small: Workspace) -> None:
    """REL-2: a stub answers the question apart from the request."""
    assert (
        small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          - {{operation: erp.book, replies: [{{fault: timeout}}]}}
          - {{operation: erp.book, confirm: true, reply: {{body: {{ref: B-2}}}}}}
        expect: {{attempts: 2, calls: [erp.check, erp.book], sends: [{{operation: erp.ship, contains: {{as: B-2}}}}]}}
    """)
        == []
    )
    (told,) = small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          - {{operation: erp.book, replies: [{{fault: dropped}}, {{status: 201}}]}}
    """)
    assert told.startswith("no stub answers erp.book (the question whether it was done): GET /orders/7")
    assert told.endswith("the nearest, stubs[1], has no 'confirm: true'")


def test_dead_message_takes_its_calls_back(small: Workspace) -> None:
    assert (
        small.wrong(f"""
        flow: orders
        given: {{payload: {{number: "7", total: -1}}}}
        stubs:
          {CHECKED}
          {BOOKED}
          - {{operation: erp.cancel, reply: {{}}}}
        expect:
          outcome: dead
          class: data
          reason: negative
          owner: sales
          undone: [{{operation: erp.cancel, contains: {{number: "7"}}}}]
          sends: []
          publishes: []
    """)
        == []
    )


def test_another_ending_is_told_with_its_reason(small: Workspace) -> None:
    (told,) = small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          - {{operation: erp.book, reply: {{status: 422, body: no}}}}
    """)
    assert told == "outcome: expected completed, got dead (bad-order, call:erp.book, erp.book: answered 422: no)"


def test_operations_own_rules_judge_a_stubbed_answer(small: Workspace) -> None:
    assert (
        small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          - {{operation: erp.book, reply: {{status: 409, body: {{code: HOLD}}}}}}
        expect: {{outcome: parked, reason: on-hold, owner: finance, step: "call:erp.book"}}
    """)
        == []
    )


def test_parked_message_goes_on_when_its_event_comes_or_a_person_says_so(small: Workspace) -> None:
    for happening in ("publish: {topic: credit.decided, payload: {number: '7'}}", "release: true"):
        assert (
            small.wrong(f"""
            flow: orders
            {GIVEN}
            stubs:
              {HELD}
              {BOOKED}
            then: [{{{happening}}}]
            expect: {{calls: [erp.check, erp.book], publishes: [order.booked]}}
        """)
            == []
        )
    assert (
        small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs: [{HELD[2:]}]
        then: [{{publish: {{topic: credit.decided, payload: {{number: "8"}}}}}}]
        expect: {{outcome: parked, reason: credit, owner: finance, calls: [erp.check]}}
    """)
        == []
    )


def test_time_passes_by_the_calendar(small: Workspace) -> None:
    """Monday 15:00, due after four business hours: Tuesday at 11."""
    waiting = f"""
        flow: orders
        {GIVEN}
        stubs: [{HELD[2:]}]
        then: [{{wait: AWHILE}}]
        expect: {{outcome: OUTCOME, reason: credit}}
    """
    assert small.wrong(waiting.replace("AWHILE", "19 h").replace("OUTCOME", "parked")) == []
    assert small.wrong(waiting.replace("AWHILE", "5 business hours").replace("OUTCOME", "discarded")) == []


def test_only_a_parked_message_can_be_released(small: Workspace) -> None:
    told = small.wrong(f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          {BOOKED}
        then: [{{release: true}}]
    """)
    assert told == ["then: nothing can be released: the message is completed"]


def test_earlier_messages_make_repeats_and_older_versions(small: Workspace) -> None:
    assert (
        small.wrong(f"""
        flow: orders
        given:
          event: shop.order
          file: examples/order.json
          earlier: [{{event: shop.order, file: examples/order.json}}]
        stubs:
          {CHECKED}
          {BOOKED}
        expect: {{outcome: repeat, calls: []}}
    """)
        == []
    )
    assert (
        small.wrong(f"""
        flow: orders
        given: {{payload: {{number: "7", total: 1}}, earlier: [{{payload: {{number: "7", total: 2}}}}]}}
        stubs:
          {CHECKED}
          {BOOKED}
        expect: {{outcome: discarded, reason: stale, calls: [], sends: []}}
    """)
        == []
    )


def test_time_passes_between_earlier_messages_and_the_message(small: Workspace) -> None:
    repeated = """
        flow: orders
        given:
          at: "2026-03-09T15:00:01Z"
          payload: {number: "7", total: 2}
          earlier: [{payload: {number: "7", total: 2}, at: "2026-03-02T15:00:00Z"}]
        stubs:
          - {operation: erp.check, reply: {body: {state: ok}}}
          - {operation: erp.book, reply: {status: 201, body: {ref: B-1}}}
        expect: {outcome: OUTCOME, within: 1 s}
    """
    assert small.wrong(repeated.replace("OUTCOME", "completed")) == []  # the key is kept for seven days
    assert small.wrong(repeated.replace("03-02T15:00:00Z", "03-02T15:00:02Z").replace("OUTCOME", "repeat")) == []


def test_what_is_due_before_the_message_comes_has_happened(small: Workspace) -> None:
    assert (
        small.wrong(f"""
        flow: orders
        given:
          at: "2026-03-03T15:00:00Z"
          payload: {{number: "7", total: 3}}
          earlier: [{{payload: {{number: "7", total: 2}}, at: "2026-03-02T10:00:00Z"}}]
        stubs:
          - {{operation: erp.check, replies: [{{body: {{state: hold}}}}, {{body: {{state: ok}}}}]}}
          {BOOKED}
        expect: {{outcome: completed, calls: [erp.check, erp.book]}}
    """)
        == []
    )


def test_delivery_can_be_looked_at_as_its_message_can(small: Workspace) -> None:
    case = f"""
        flow: orders
        {GIVEN}
        stubs:
          {CHECKED}
          {BOOKED}
          - {{operation: erp.ship, replies: [{{fault: unreachable}}, {{status: 422}}]}}
        expect:
          sends: [{{operation: erp.ship, outcome: dead, class: CLASS, reason: bad-order, owner: sales, attempts: 2}}]
    """
    assert small.wrong(case.replace("CLASS", "data")) == []
    wrong = case.replace("CLASS", "business").replace("owner: sales, attempts: 2", "owner: finance, attempts: 1")
    assert small.wrong(wrong) == [
        "sends[0] (erp.ship) class: expected business, got data",
        "sends[0] (erp.ship) owner: expected finance, got sales",
        "sends[0] (erp.ship) attempts: expected 1, got 2",
    ]


def test_what_is_not_taken_in_is_an_ending_too(small: Workspace) -> None:
    refused = "flow: orders\ngiven: {event: shop.order, payload: {id: 1}}\nexpect: {outcome: refused, reason: CODE}"
    assert small.wrong(refused.replace("CODE", "broken-contract")) == []
    assert small.wrong(refused.replace("CODE", "unreadable")) == ["reason: expected unreadable, got broken-contract"]
    passed_over = "flow: orders\ngiven: {event: shop.order, payload: {id: 1, total: 1, draft: true}}\n"
    assert small.wrong(passed_over + "expect: {outcome: not-taken}") == []


def test_canonical_message_without_identity_is_refused(small: Workspace) -> None:
    assert (
        small.wrong("flow: orders\ngiven: {payload: {total: 1}}\nexpect: {outcome: refused, reason: no-identity}") == []
    )


def test_schedule_fires_at_the_time_of_the_case(small: Workspace) -> None:
    assert (
        small.wrong("""
        flow: nightly
        given: {at: "2026-11-02T23:00:00Z"}
        expect: {publishes: [{topic: night.began, equals: {at: "2026-11-02T23:00:00.000Z"}}]}
    """)
        == []
    )


def test_shared_stubs_come_after_a_cases_own_and_may_stay_unused(small: Workspace) -> None:
    verdicts = small.run(f"""
        test: orders
        stubs:
          {CHECKED}
          {BOOKED}
          - {{operation: erp.cancel, reply: {{}}}}
        cases:
          - {{case: with the shared stubs, flow: orders, {GIVEN}}}
          - case: with one of its own
            flow: orders
            {GIVEN}
            stubs: [{HELD[2:]}]
            expect: {{outcome: parked}}
    """)
    assert [list(verdict.lines()) for verdict in verdicts] == [[], []]


def test_cases_do_not_see_each_other(small: Workspace) -> None:
    """The same order twice would be a repeat in one store."""
    case = f"- {{case: once, flow: orders, {GIVEN}}}"
    head = f"test: orders\nstubs:\n  {CHECKED}\n  {BOOKED}\ncases:\n  "
    assert all(verdict.holds for verdict in small.run(head + "\n  ".join([case] * 12) + "\n"))


def test_final_documents_are_held_to_canonical_schemas(small: Workspace) -> None:
    head = f"flow: orders\n{GIVEN}\nstubs:\n  {CHECKED}\n  {BOOKED}\nexpect:\n"
    call = "  calls: [erp.check, {{operation: erp.book, valid: {0}}}]\n"
    event = "  publishes: [{{topic: order.booked, valid: {0}}}]\n"
    assert small.wrong(head + call.format("order/1")) == []
    (told,) = small.wrong(head + event.format("order/1"))
    assert told.startswith("publishes[0] (order.booked): expected a valid order/1, got ")
    assert told.endswith("total: expected a value, got nothing")
    (finding,) = small.findings(head + event.format("ordr/1"))
    assert "XD403 expected a canonical entity and version, got 'ordr/1'; did you mean 'order/1'" in finding
