"""The codes of ownership and governance: what is asked of a workspace as a whole."""

from __future__ import annotations

from engine.config.code import Code, Severity

GOVERNANCE = (
    Code(
        "XD901",
        "two interfaces for one capability",
        "Two flows take the same event, or two events or operations of a system do the same. Keep one; others "
        "subscribe to a topic.",
        Severity.WARNING,
    ),
    Code(
        "XD902",
        "experience flow asks a system",
        "A flow that serves a channel runs a process flow (`run`) or publishes; only those speak to systems.",
    ),
    Code(
        "XD903",
        "system flow knows several systems",
        "A system flow wraps one application. What coordinates several is a process flow.",
        Severity.WARNING,
    ),
    Code(
        "XD904",
        "field without owner",
        "Every canonical entity and every status field has an owner in its `lifecycle.yaml`. "
        "An error where the workspace says `governance: required`.",
        Severity.WARNING,
    ),
    Code(
        "XD905",
        "written by somebody else",
        "The system neither owns the field nor is one of its writers; such a message is refused, parked or proposed, "
        "as the entity's life cycle says.",
        Severity.WARNING,
    ),
    Code(
        "XD906",
        "interface not declared in full",
        "Each interface has an owner, a latency target, a throughput, a retry policy, error classes and a retention. "
        "An error where the workspace says `governance: required`.",
        Severity.WARNING,
    ),
    Code(
        "XD907",
        "stage does not fit",
        "Drafts and what is retired take nothing in; what is active was approved; what is deprecated has an end. "
        "An error where the workspace says `governance: required`.",
        Severity.WARNING,
    ),
    Code(
        "XD908",
        "uses what is on its way out",
        "The contract, event, operation or flow is deprecated or retired. Move to its successor before it ends.",
        Severity.WARNING,
    ),
    Code(
        "XD909",
        "runs out soon",
        "A vendor's interface or a deprecated contract ends soon, or has ended. Plan the step to the next version.",
        Severity.WARNING,
    ),
    Code(
        "XD910",
        "error class without runbook",
        "What a person must repair says how, under `runbooks` of the workspace. "
        "An error where the workspace says `governance: required`.",
        Severity.WARNING,
    ),
    Code(
        "XD911",
        "system without stand-in",
        "Without a `sandbox` the system cannot be tested without its vendor. "
        "An error where the workspace says `governance: required`.",
        Severity.WARNING,
    ),
    Code(
        "XD912",
        "entity takes any field",
        "Unknown fields of a canonical entity are refused, but under an extension point that bounds them. "
        "An error where the workspace says `governance: required`.",
        Severity.WARNING,
    ),
    Code(
        "XD913",
        "published contract changed",
        "The change breaks those who read or write the contract. Make it a new version beside the old one.",
    ),
    Code(
        "XD914",
        "vendor's contract changed",
        "The vendor adds, drops or retypes a field. Look at the mappings that read it.",
        Severity.WARNING,
    ),
)
