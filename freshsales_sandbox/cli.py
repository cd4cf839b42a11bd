"""`freshsales-sandbox serve`: a Freshsales to try against, until Ctrl-C."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from threading import Event

from freshsales_sandbox.app import USUAL_QUOTA, Sandbox
from freshsales_sandbox.company import LARGEST

STANDS_IN_FOR = """\
What this cannot stand in for: a real account's plan, permissions and SSO set-up; what Freshsales does where its
documentation is silent (--quirk lets you meet each way that is known); TLS; and the speed of a distant server.
Its people are invented, and its two credentials open nothing else."""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        sandbox = _sandbox(options)
        sandbox.start()
    except (ValueError, OSError) as error:
        reason = (
            f"port {options.port} cannot be had: {error.strerror}" if isinstance(error, OSError) else error
        )
        print(f"freshsales-sandbox: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    try:
        print(f"{options.people} people. Settings for the tap:\n", flush=True)  # noqa: T201
        print(json.dumps(sandbox.config, indent=2), f"\n\n{STANDS_IN_FOR}\n\nCtrl-C stops it.", flush=True)  # noqa: T201
        stopping.wait()
    finally:
        sandbox.stop()
    return 0


def _sandbox(options: argparse.Namespace) -> Sandbox:
    if not 1 <= options.people <= LARGEST:
        raise ValueError(f"--people {options.people} cannot be: a company has 1 to {LARGEST:,} people")
    return Sandbox(people=options.people, seed=options.seed, quota=options.quota, port=options.port)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="freshsales-sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve both APIs of one invented company on 127.0.0.1")
    serve.add_argument("--people", type=int, default=250, help=f"how many, 1 to {LARGEST:,} (default: 250)")
    serve.add_argument("--port", type=int, default=8080, help="0 takes a free one (default: 8080)")
    serve.add_argument("--seed", type=int, default=7, help="another number, another company (default: 7)")
    serve.add_argument(
        "--quota",
        default=USUAL_QUOTA,
        metavar="REQUESTS/TIME",
        help=f"what the account may spend, for example 5/2s (default: {USUAL_QUOTA})",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
