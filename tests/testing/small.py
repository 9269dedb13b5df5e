"""A small workspace with one flow that uses most of what a case can look at, and words to run cases against it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent, indent

from engine.app.checks import check
from engine.config.findings import Findings
from engine.errors import ConfigurationError
from engine.flow.compiled import Revision
from engine.testing.documents import CaseFiles
from engine.testing.load import LoadedCase, Loader
from engine.testing.points import Coverage
from engine.testing.runner import run_cases
from engine.testing.verdict import Verdict

FILES = {
    "flows/workspace.yaml": """
        crossdock: 1
        name: small
        teams: {sales: {summary: Sells.}, finance: {summary: Decides on credit.}}
        calendars: {default: {zone: UTC, hours: 09:00-17:00}}
        retry: {slow: {rules: [{on: [transient, timeout, unknown], attempts: 3, first: 60 s, jitter: 0}]}}
    """,
    "flows/systems/shop.yaml": """
        system: shop
        connector: http
        owner: sales
        events:
          order:
            receive: {path: /orders}
            verify: {none: {reason: only tests send here}}
            contract: order.schema.yaml
            when: $not(draft = true)
            map:
              to: order/1
              with:
                number: $string(id)
                total: total
                customer: who ?? $headers."x-customer" ?? $attributes.customer
                lines: "[lines]"
          other: {receive: {path: /others}, verify: {none: {reason: only tests send here}}}
    """,
    "flows/systems/shop/order.schema.yaml": """
        type: object
        required: [id, total]
        properties: {id: {type: integer}, total: {type: number}}
    """,
    "canonical/order/1.yaml": """
        $schema: https://json-schema.org/draft/2020-12/schema
        $id: crossdock:order/1
        title: Order
        type: object
        required: [number, total]
        properties:
          number: {type: string}
          total: {type: number}
          customer: {type: string}
          lines: {type: array, items: {type: string}}
    """,
    "flows/systems/erp.yaml": """
        system: erp
        connector: http
        owner: sales
        base_url: "http://127.0.0.1:9"
        limits: {rate: 1 per s}
        errors:
          - {when: body.code = "HOLD", class: business, reason: on-hold, owner: finance}
          - {when: status = 422, class: data, reason: bad-order, owner: sales}
        operations:
          check: {request: {method: GET, path: "/credit/{number}"}}
          book:
            accepts: order/1
            request: {method: POST, path: /orders, body: {nr: number, sum: total}}
            success: status = 201
            returns: {with: {bookedAs: ref}}
            confirm: {method: GET, path: "/orders/{number}"}
          cancel: {request: {method: POST, path: "/orders/{number}/cancel"}, idempotent: true}
          ship: {request: {method: POST, path: /shipments, body: $}, idempotent: true}
    """,
    "flows/orders.yaml": """
        flow: orders
        layer: process
        summary: Books orders.
        owner: sales
        retry: slow
        source: {events: [shop.order], accepts: order/1, reply_within: 5 s}
        identity:
          idempotency: {key: number & "/" & $string(total)}
          lane: {key: number}
          stale: {version: total}
        steps:
          - milestone: received
          - call: erp.check
            save: credit
          - park:
              when: $saved.credit.state = "hold"
              reason: credit
              owner: finance
              due: 4 business hours
              on_due: discard
              release_on: {topic: credit.decided, event: number, equals: number}
          - call: erp.book
            save: booking
            undo: erp.cancel
          - route:
              - when: total < 0
                steps: [{raise: {class: data, reason: negative}}]
          - send: erp.ship
            with: {order: number, as: $saved.booking.bookedAs}
          - publish: order.booked
            with: {number: number}
          - milestone: booked
          - reply: {status: 202, body: {as: $saved.booking.bookedAs}}
    """,
    "flows/credit.yaml": """
        flow: credit
        layer: system
        summary: Tells of credit decisions.
        owner: finance
        source: {events: [shop.other]}
        steps: [{publish: credit.decided}]
    """,
    "flows/nightly.yaml": """
        flow: nightly
        layer: process
        summary: Counts.
        owner: sales
        source: {schedule: {every: 1 h}}
        steps: [{publish: night.began, with: {at: firedAt}}]
    """,
    "examples/order.json": '{"id": 7, "total": 19.90}',
}


@dataclass(frozen=True, slots=True)
class Workspace:
    """The workspace on disk, compiled once."""

    folder: Path
    revision: Revision

    def write(self, name: str, text: str) -> None:
        """Write a file of the workspace."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")

    def run(self, text: str, name: str = "orders", *, jobs: int = 1) -> list[Verdict]:
        """The verdicts of a test file. Raises ConfigurationError."""
        files, cases = self.load(text, name)
        return run_cases(self.revision, files, cases, lambda done, whole: None, jobs=jobs)

    def watched(self, text: str, *, jobs: int = 1) -> tuple[list[Verdict], Coverage]:
        """The verdicts of a test file, and what its cases reach."""
        files, cases = self.load(text, "orders")
        coverage = Coverage([])
        verdicts = run_cases(self.revision, files, cases, lambda done, whole: None, jobs=jobs, coverage=coverage)
        return verdicts, coverage

    def coverage(self, text: str) -> Coverage:
        """What the cases of a test file reach, all of which hold."""
        verdicts, coverage = self.watched(text)
        assert [list(verdict.lines()) for verdict in verdicts if not verdict.holds] == []
        return coverage

    def load(self, text: str, name: str = "orders") -> tuple[CaseFiles, list[LoadedCase]]:
        """The cases of a test file. Raises ConfigurationError."""
        file = f"flows/{name}.test.yaml"
        self.write(file, text)
        findings = Findings()
        files = CaseFiles(self.folder, findings)
        cases = list(Loader(self.revision, files, findings).load(file))
        if findings.has_errors:
            raise ConfigurationError(findings.errors)
        return files, cases

    def case(self, text: str) -> Verdict:
        """The verdict of one case; `text` is what stands below its sentence."""
        head = "test: orders\ncases:\n  - case: it holds\n"
        (verdict,) = self.run(head + indent(dedent(text).strip("\n"), "    ") + "\n")
        return verdict

    def wrong(self, text: str) -> list[str]:
        """What the verdict of one case says."""
        return list(self.case(text).lines())

    def findings(self, text: str) -> list[str]:
        """What is wrong with the case as it is written, without the file's name."""
        try:
            self.case(text)
        except ConfigurationError as error:
            return [str(finding).removeprefix("flows/orders.test.yaml:") for finding in error.findings]
        return []


def make_small(folder: Path) -> Workspace:
    """Write the workspace into a folder and compile it."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    revision, findings = check(folder, complete=False, sandbox=True)
    assert revision is not None, [str(finding) for finding in findings]
    return Workspace(folder, revision)
