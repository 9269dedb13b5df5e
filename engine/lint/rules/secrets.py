"""Secrets in clear text, wherever in a file of the workspace they stand: by how keys and tokens of known kinds look."""

from __future__ import annotations

import re

from engine.fields.marks import Mark
from engine.lint.context import Context

_KINDS = {
    "private_key": ("a private key", r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"),
    "aws": ("an access key of AWS", r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "github": ("a token of GitHub", r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,})"),
    "slack": ("a token of Slack", r"\bxox[abprs]-[A-Za-z0-9-]{20,}"),
    "stripe": ("a live key of Stripe", r"\b[rs]k_live_[A-Za-z0-9]{20,}"),
    "shopify": ("a token of Shopify", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    "google": ("a key of Google", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    "jwt": ("a signed token", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{20,}"),
    "address": ("an address with a password", r"\b[a-z][a-z0-9+.-]*://[^\s:/@\"'{}]+:(?!\$\{)[^\s:/@\"'{}]+@[\w.-]+"),
}
_ANY = re.compile("|".join(f"(?P<{name}>{pattern})" for name, (_, pattern) in _KINDS.items()).encode())
_HINTS = (b"PRIVATE KEY", b"AKIA", b"ASIA", b"gh", b"xox", b"k_live_", b"shp", b"AIza", b"eyJ", b"://")


def check_secrets(context: Context) -> None:
    """XD503, where the settings themselves do not tell it already."""
    for path, content in context.loaded.bundle.files.items():
        if not any(hint in content for hint in _HINTS):
            continue
        for found in _ANY.finditer(content):
            before = content[: found.start()]
            line = before.count(b"\n") + 1
            column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
            mark = Mark(path, line, column)
            if not any(context.findings.on_line(mark, code) for code in ("XD503", "XD107")):
                kind = _KINDS[found.lastgroup or ""][0]
                hint = "write '${secret:NAME}', keep the value in CROSSDOCK_SECRET_NAME, and have this one withdrawn"
                context.findings.add("XD503", mark, expected="no secret in the file", found=kind, hint=hint)
