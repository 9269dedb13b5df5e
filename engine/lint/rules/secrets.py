"""Secrets in clear text, wherever in a file of the workspace they stand: by how keys and tokens of known kinds look."""

from __future__ import annotations

import re

from engine.fields.marks import Mark
from engine.lint.context import Context

_KINDS = (
    ("a private key", (b"PRIVATE KEY",), rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    ("an access key of AWS", (b"AKIA", b"ASIA"), rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    (
        "a token of GitHub",
        (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_", b"github_pat_"),
        rb"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})",
    ),
    ("a token of Slack", (b"xoxa-", b"xoxb-", b"xoxp-", b"xoxr-", b"xoxs-"), rb"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    ("a live key of Stripe", (b"k_live_",), rb"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    (
        "a token of Shopify",
        (b"shpat_", b"shpca_", b"shppa_", b"shpss_"),
        rb"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b",
    ),
    ("a key of Google", (b"AIza",), rb"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a signed token", (b"eyJ",), rb"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}"),
    ("an address with a password", (b"://",), rb"://[^\s:/@\"'{}]+:(?!\$\{)[^\s:/@\"'{}]+@[\w.-]+"),
)
"""What it is, what such a text must hold (looked for first, for that is quick), and how it looks."""

_PATTERNS = tuple((noun, hints, re.compile(pattern)) for noun, hints, pattern in _KINDS)
_TOLD_ELSEWHERE = ("XD503", "XD107")


def check_secrets(context: Context) -> None:
    """XD503, where the settings themselves do not tell it already."""
    for path, content in context.loaded.bundle.files.items():
        for noun, hints, pattern in _PATTERNS:
            if any(hint in content for hint in hints):
                for found in pattern.finditer(content):
                    _tell(context, _mark(path, content, found.start()), noun)


def _mark(path: str, content: bytes, offset: int) -> Mark:
    line_start = content.rfind(b"\n", 0, offset) + 1
    column = len(content[line_start:offset].decode("utf-8", "replace")) + 1
    return Mark(path, content.count(b"\n", 0, offset) + 1, column)


def _tell(context: Context, mark: Mark, noun: str) -> None:
    if not any(context.findings.on_line(mark, code) for code in _TOLD_ELSEWHERE):
        hint = "write '${secret:NAME}', keep the value in CROSSDOCK_SECRET_NAME, and have this one withdrawn"
        context.findings.add("XD503", mark, expected="no secret in the file", found=noun, hint=hint)
