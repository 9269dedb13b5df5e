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
    try:
        stand_ins = _load(options.workspace, findings)
    except ConfigurationError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for finding in findings:
        sys.stderr.write(f"{finding}\n")
    if findings.has_errors:
        return 2
    asyncio.run(_serve(stand_ins, options))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m engine.sandbox", description="serve the stand-ins of a workspace")
    parser.add_argument("--workspace", type=Path, default=Path(), help="the folder of the workspace")
    parser.add_argument("--hub", default="http://127.0.0.1:8080", help="where the stand-ins send their events")
    parser.add_argument("--state", type=Path, required=True, help="the folder of their durable state")
    parser.add_argument("--port-base", type=int, default=0, help="control port, the systems follow; 0 takes free ports")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input is closed")
    return parser


def _load(workspace: Path, findings: Findings) -> tuple[CompiledStandIn, ...]:
    bundle = Bundle.from_directory(workspace, findings)
    resolve = ContractRegistry.load(bundle.files).resolve
    return load_stand_ins(bundle, Environment(os.environ, sandbox=True), resolve, findings)


async def _serve(stand_ins: tuple[CompiledStandIn, ...], options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    server = SandboxServer(stand_ins, options.state, options.hub, SystemClock(), port_base=options.port_base)
    await server.start()
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
