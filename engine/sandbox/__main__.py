"""`python -m engine.sandbox`: serve the stand-ins of a workspace until told to stop.

Prints one line of JSON with the addresses when it is ready. Ends with 2 and the findings when the workspace has errors.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from pathlib import Path

from engine import exact_json
from engine.clock import SystemClock
from engine.config.environment import Environment
from engine.config.files import Bundle
from engine.config.findings import Findings
from engine.contracts.registry import ContractRegistry
from engine.errors import ConfigurationError
from engine.sandbox.compiled import CompiledStandIn
from engine.sandbox.loader import load_stand_ins
from engine.sandbox.server import SandboxServer


def main() -> int:
    """Run with the arguments of the command line; returns the exit code."""
    options = _parser().parse_args()
    findings = Findings()
    bundle = Bundle.from_directory(options.workspace, findings)
    try:
        if findings.has_errors:
            raise ConfigurationError(findings.errors)
        asyncio.run(_serve(bundle, options))
    except ConfigurationError as error:
        sys.stderr.write("".join(f"{finding}\n" for finding in error.findings))
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.sandbox", description="serve the stand-ins of a workspace")
    parser.add_argument("--workspace", type=Path, default=Path(), help="the folder of the workspace")
    parser.add_argument("--hub", default="http://127.0.0.1:8080", help="where the stand-ins send their events")
    parser.add_argument("--state", type=Path, required=True, help="the folder of their durable state")
    parser.add_argument("--port-base", type=int, default=0, help="control port, the systems follow; 0 takes free ports")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
    return parser


def _load(bundle: Bundle) -> tuple[CompiledStandIn, ...]:
    findings = Findings()
    resolve = ContractRegistry.load(bundle.files).resolve
    stand_ins = load_stand_ins(bundle, Environment(os.environ, sandbox=True), resolve, findings)
    if findings.has_errors:
        raise ConfigurationError(findings.errors)
    sys.stderr.write("".join(f"{finding}\n" for finding in findings))
    return stand_ins


async def _serve(bundle: Bundle, options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = SandboxServer(_load, options.state, options.hub, SystemClock(), port_base=options.port_base)
    await server.start(bundle)
    if options.with_parent:
        loop.add_reader(sys.stdin.fileno(), lambda: ended.set() if not os.read(sys.stdin.fileno(), 1024) else None)
    addresses = {name: peer.url for name, peer in server.peers.items()}
    ready = {"addresses": addresses, "control": server.control_url}
    sys.stdout.write(exact_json.encode(ready).decode() + "\n")
    sys.stdout.flush()
    await ended.wait()
    await server.stop()


if __name__ == "__main__":
    sys.exit(main())
