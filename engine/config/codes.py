"""Every finding code, in one table: what it says, how grave it is, and what to do about it.

The page `docs/reference/findings.md` is made from it (see `engine.config.reference`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from engine.config.code import Code, Severity
from engine.config.governance_codes import GOVERNANCE

__all__ = ["CODES", "GROUPS", "Code", "Severity"]


GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "XD1": "YAML and shape",
        "XD2": "References",
        "XD3": "Expressions and mappings",
        "XD4": "Contracts and schemas",
        "XD5": "Environment and secrets",
        "XD6": "Flows and steps",
        "XD7": "Systems and connectors",
        "XD8": "Policies and time",
        "XD9": "Ownership and governance",
    }
)

_SHAPE = (
    Code(
        "XD101",
        "not readable as YAML",
        "The file breaks YAML's grammar at this place. Check indentation, quotes and brackets.",
    ),
    Code("XD102", "key given twice", "YAML would silently keep one of the two values. Remove or rename one of them."),
    Code("XD103", "value of the wrong kind", "The value is not what the key takes; the finding says what it takes."),
    Code(
        "XD104",
        "unknown key",
        "The mapping has no such key. Unknown keys are refused, so that a typing error is never ignored.",
    ),
    Code("XD105", "key missing", "The mapping needs this key."),
    Code("XD106", "unknown choice", "The value, or the word of a step, is not one of those that exist."),
    Code("XD107", "settings do not go together", "Each value is right by itself, but not with its neighbours."),
    Code(
        "XD108",
        "file too large",
        "A configuration file may have 1 MiB. Split the flow, or move a table to canonical/codes.",
    ),
    Code("XD109", "nested too deep", "YAML may be nested 64 deep. Move inner steps to a flow of their own."),
    Code(
        "XD110", "too many values", "A file may hold 100,000 values, with every `*alias` counted as what it stands for."
    ),
    Code(
        "XD111",
        "merge key",
        "`<<` is not taken: it hides which keys a mapping has. Write the keys out, or use `*alias` for a whole value.",
    ),
    Code(
        "XD112", "tag not allowed", "Types come from the grammar, not from tags such as `!!python/name` or `!custom`."
    ),
    Code("XD113", "key is not text", "A mapping or list cannot be a key."),
    Code("XD114", "more than one document", "One file is one document; `---` may stand at the top only."),
    Code("XD115", "file is empty", "The file holds no value."),
    Code("XD116", "not readable as text", "Files are UTF-8 without control characters."),
    Code("XD117", "number out of bounds", "Integers have up to 1,000 digits, decimals an exponent of up to 400."),
    Code("XD118", "not a size", "A size is a number, a space, and `B`, `KB`, `MB` or `GB`."),
    Code("XD119", "not a name", "Names are lower-case words joined by hyphens, at most 64 characters: `order-to-erp`."),
    Code("XD120", "alias of itself", "An `*alias` stands inside the value it names, or names nothing."),
    Code("XD121", "too many files", "The workspace has more or larger files than a revision may hold."),
    Code(
        "XD123",
        "file is not looked at",
        "YAML files are called `.yaml`; this one is left out of the revision.",
        Severity.WARNING,
    ),
    Code(
        "XD124",
        "comment ignores nothing",
        "A comment `crossdock: ignore[…]` stands where there is no such finding. Remove it.",
        Severity.WARNING,
    ),
    Code(
        "XD125",
        "not an ignore comment",
        "It reads `crossdock: ignore[XD305] reason`, with codes that may be ignored and a reason. "
        "What keeps a workspace from running cannot be ignored.",
        Severity.WARNING,
    ),
    Code("XD122", "file cannot be read", "The file is missing, is not a file, or leads out of the workspace."),
)

_REFERENCES = (
    Code(
        "XD201",
        "names something that is not there",
        "A system, event, operation, flow, entity, team, policy or file of that name does not exist.",
    ),
    Code("XD202", "file not called like its content", "A system or flow file is called like the name it declares."),
    Code("XD203", "name used twice", "Two things of one kind have the same name."),
    Code("XD204", "nothing uses it", "Nothing refers to the file, or no flow takes the event.", Severity.WARNING),
)

_EXPRESSIONS = (
    Code("XD301", "not an expression", "The field takes a JSONata expression that is not empty."),
    Code("XD302", "not a template", "Holes are `{expression}`; `{{` and `}}` stand for braces."),
    Code(
        "XD303", "not a mapping", "A mapping is a `.jsonata` file, fields with an expression each, or one expression."
    ),
    Code("XD304", "JSONata cannot be read", "The expression breaks JSONata's grammar at this place."),
    Code("XD305", "names no field", "A bare word of the expression is not a field of what it is given."),
    Code("XD306", "unknown function or variable", "The expression calls or reads something that is not in its scope."),
    Code("XD307", "wrong number of arguments", "The function is called with more or fewer arguments than it takes."),
    Code(
        "XD308",
        "value of the wrong kind",
        "The function or operator fails on such a value. Turn it into the right kind first: `$number`, `$string`.",
    ),
    Code("XD309", "variable never read", "The block sets the variable and nothing in it reads it.", Severity.WARNING),
    Code(
        "XD310",
        "never the case",
        "By its contract the field never has this value, so that the comparison always gives the same answer.",
        Severity.WARNING,
    ),
    Code(
        "XD311",
        "code without a value",
        "The code table, or the object of codes, has no entry for a code that comes; the field would be left out. Add "
        "an entry, or say with `??` what is meant otherwise.",
        Severity.WARNING,
    ),
    Code(
        "XD312",
        "inexact amount",
        "A division or a root is calculated in binary floating point and may have no end. Round it before it becomes "
        'an amount: `$round(…, 2)` or `$formatNumber(…, "0.00")`.',
        Severity.WARNING,
    ),
    Code("XD313", "required field never set", "What the mapping yields would never be valid by its contract."),
    Code(
        "XD314",
        "required field sometimes not set",
        "What it is made of may be missing, or a condition has no other branch. Give a default with `??` or a branch.",
        Severity.WARNING,
    ),
    Code(
        "XD315", "value of the wrong type", "The contract of what the mapping yields takes another type in this field."
    ),
    Code(
        "XD316",
        "value not allowed",
        "The contract lists other values for the field, or has a rule that this one breaks.",
    ),
    Code(
        "XD317",
        "null where none is allowed",
        "What it is made of may be null, and `??` lets null pass. Write `value ? value`, or say what null stands for.",
        Severity.WARNING,
    ),
    Code(
        "XD318",
        "one or many",
        "A path gives a single item without a list around it, and a list when there are several. Write `[ … ]` around "
        "it where a list is wanted, or choose one item.",
    ),
    Code(
        "XD319",
        "no such field in the contract",
        "The contract of what the mapping yields is closed and has no such field.",
    ),
)

_CONTRACTS = (
    Code("XD401", "not a JSON Schema", "The file is not a valid JSON Schema 2020-12."),
    Code("XD402", "reference out of the workspace", "`$ref` may name only schemas of the workspace."),
    Code("XD403", "unknown entity or version", "The canonical entity has no such version."),
    Code("XD404", "code table cannot be read", "A code table is CSV with a header line and unique keys."),
    Code("XD405", "entity does not fit", "What one side yields is not the entity that the other side takes."),
    Code("XD406", "not a life cycle", "A `lifecycle.yaml` names milestones, owners, expectations and invariants."),
    Code(
        "XD407",
        "odd schema",
        "The schema works, but a keyword in it does nothing, as when its name is misspelt.",
        Severity.WARNING,
    ),
)

_ENVIRONMENT = (
    Code("XD501", "environment variable not set", "Set the variable, or give a default: `${env:NAME:-default}`."),
    Code(
        "XD502",
        "secret not found",
        "Put it in the variable `CROSSDOCK_SECRET_NAME` or in the file `$CROSSDOCK_SECRETS_DIR/NAME`.",
    ),
    Code("XD503", "secret in clear text", "Keep the value out of the workspace and write `${secret:NAME}`."),
    Code(
        "XD504",
        "reference cannot be read",
        "References are `${env:NAME}`, `${env:NAME:-default}` and `${secret:NAME}`; `$${` writes `${`.",
    ),
    Code("XD505", "secret cannot be read", "The secret's file is empty, too large, not text, or not readable."),
)

_FLOWS = (
    Code("XD601", "two steps of one id", "Steps are known by their ids; give one of them an `id`."),
    Code(
        "XD602",
        "no idempotency key",
        "Repeats are found by a digest of the body only; a key of the sender is safer.",
        Severity.WARNING,
    ),
    Code("XD603", "step cannot be reached", "A step before it always ends the exchange.", Severity.WARNING),
    Code("XD604", "not saved before", "`$saved.NAME` is read, and no earlier step saves it."),
    Code(
        "XD605",
        "nobody listens to the topic",
        "An event is published, and no flow subscribes to its topic and no parked message waits for it.",
        Severity.WARNING,
    ),
    Code(
        "XD606",
        "nobody publishes to the topic",
        "A flow subscribes, or a parked message waits, and no step publishes to the topic.",
        Severity.WARNING,
    ),
    Code(
        "XD607",
        "nothing releases it",
        "The message is parked without a due time and without an event that releases it; only a person can.",
        Severity.WARNING,
    ),
    Code(
        "XD609",
        "flows publish in a circle",
        "An event leads to itself over the topics of some flows. An error where no condition on the way can end it.",
        Severity.WARNING,
    ),
    Code(
        "XD610",
        "cannot be taken back",
        "A call has an effect and no `undo`, and a later step can fail for good.",
        Severity.WARNING,
    ),
    Code(
        "XD608",
        "field is not a list",
        "A splitter cuts a list of the entity; this field is another kind of value, or does not exist.",
    ),
)

_SYSTEMS = (
    Code(
        "XD701",
        "two sources on one path",
        "Two events receive on the same path and method, and one of them would never see a message; or an event lies "
        "on a page of the engine's own, `/health` or `/messages/{id}`.",
    ),
    Code("XD702", "unknown connector or codec", "No plugin of that name is installed."),
    Code(
        "XD703",
        "second try is not safe",
        "A side-effecting operation has no `confirm`, no idempotency header and is not idempotent.",
        Severity.WARNING,
    ),
    Code(
        "XD704",
        "sender is not verified",
        "The event takes messages from anybody who can reach the port.",
        Severity.WARNING,
    ),
    Code("XD705", "not a route", "A stand-in answers a method and a path: `POST /orders`, `GET /orders/{orderId}`."),
    Code(
        "XD706",
        "answer is never given",
        "An answer before it takes every such request. Give that one a `when`, or put this one before it.",
        Severity.WARNING,
    ),
    Code(
        "XD707",
        "setting of what is received, beside poll",
        "The items of a poll are values of an operation's reply: nobody sends them and no codec reads them. "
        "The operation's `codec` reads the reply, and the flow's `identity.idempotency.key` tells a repeat.",
    ),
)

_POLICIES = (
    Code("XD801", "not a cron line", "Five fields: minute, hour, day of month, month, day of week."),
    Code("XD802", "not a time zone", "Time zones are named as in the IANA database: `America/New_York`."),
    Code(
        "XD803",
        "not a duration",
        "A duration is a number, a space, and `ms`, `s`, `min`, `h`, `days`, `business hours` or `business days`.",
    ),
    Code("XD804", "not a rate", "A rate is a number `per s`, `per min`, `per h` or `per day`."),
    Code(
        "XD805",
        "not a maintenance window",
        "A window is a day, two times and a time zone: `Sun 02:00-04:00 America/New_York`.",
    ),
    Code(
        "XD806",
        "calendar missing or not usable",
        "Business durations count the hours of the calendar named `default` in `flows/workspace.yaml`.",
    ),
    Code("XD807", "not a retry policy", "A rule names error classes, and its waits and attempts are within bounds."),
    Code("XD808", "breaker cannot work", "It opens at one failure or more, within a time, and cools down for a time."),
)

CODES: Mapping[str, Code] = MappingProxyType(
    {
        code.code: code
        for group in (
            _SHAPE,
            _REFERENCES,
            _EXPRESSIONS,
            _CONTRACTS,
            _ENVIRONMENT,
            _FLOWS,
            _SYSTEMS,
            _POLICIES,
            GOVERNANCE,
        )
        for code in group
    }
)


def reference_page() -> str:
    """The page `docs/reference/findings.md`, in Markdown."""
    return "\n".join(_page_lines()) + "\n"


def _page_lines() -> Iterator[str]:
    yield "# Findings"
    yield ""
    yield "What `crossdock lint` and `crossdock run` say about a workspace, all at once. Each finding reads"
    yield ""
    yield "    flows/orders.yaml:14:7 XD103 expected 'retry.max_attempts' to be a positive integer, got '5x'"
    yield ""
    yield "with file, line and column (from 1), the code, what was expected, what was found, and the nearest right name"
    yield "where there is one. A workspace with errors is refused; warnings are shown and the workspace runs."
    yield ""
    yield "Each code has a page with wrong and right examples, which `crossdock lint --explain XD103` shows too. How to"
    yield "use lint in CI, and how to ignore a finding that is meant so: [lint](../how-to/lint.md)."
    yield ""
    yield "This page is made from the table of codes by `make docs`; a change belongs there."
    for prefix, title in GROUPS.items():
        yield ""
        yield f"## {prefix}xx: {title}"
        yield ""
        yield "| code | severity | finding | explanation |"
        yield "|---|---|---|---|"
        for code in CODES.values():
            if code.code.startswith(prefix):
                linked = f"[{code.code}](findings/{code.code}.md)"
                yield f"| {linked} | {code.severity} | {code.title} | {code.explanation} |"
