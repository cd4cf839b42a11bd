"""`freshsales-sandbox serve`: runs a Freshsales to try things with, until Ctrl-C."""
# ruff: noqa: T201 - what it prints is for whoever started it

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from io import TextIOWrapper
from threading import Event
from typing import Any

from freshsales_sandbox.app import PLAY_HEADER, PLAY_PATH, PLAY_SECRET, USUAL_QUOTA, Sandbox
from freshsales_sandbox.company import LARGEST
from freshsales_sandbox.drift import DRIFTING_LISTS, DRIFTS, USUAL_LIST
from freshsales_sandbox.faults import FAULTS
from freshsales_sandbox.layers import ENDPOINTS
from freshsales_sandbox.quirks import QUIRKS
from freshsales_sandbox.serving import HOST

STANDS_IN_FOR = """\
What this cannot stand in for: a real account's plan, permissions and SSO set-up; what Freshsales does where
its documentation is silent (--quirk lets you meet each way that is known); TLS; and the speed of a distant
server. Its people are invented, and its credentials open nothing else."""

LAST_PORT = 65_535
CURES = {
    "retry": "asking again helps",
    "later-page": "asking again helps, but not on a first page",
    "never": "asking again does not help",
}


def main(arguments: list[str] | None = None) -> int:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where it is not UTF-8
    options = _parser().parse_args(arguments)
    if "list" in options.quirk:
        print(_quirk_list())
        return 0
    try:
        sandbox = _sandbox(options)
    except ValueError as error:
        return _refuse(str(error))
    try:
        sandbox.start()
    except OSError:
        return _refuse(f"port {options.port} is in use, or not yours to take: --port 0 takes a free one")
    try:
        _serve(sandbox, options.people)
    finally:
        sandbox.stop()
    return 0


def _sandbox(options: argparse.Namespace) -> Sandbox:
    if not 1 <= options.people <= LARGEST:
        raise ValueError(f"--people {options.people} cannot be: a company has 1 to {LARGEST:,} people")
    if not 0 <= options.port <= LAST_PORT:
        raise ValueError(
            f"--port {options.port} cannot be: ports go from 1 to {LAST_PORT}, and 0 takes a free one"
        )
    return Sandbox(
        people=options.people,
        seed=options.seed,
        quirks=options.quirk,
        drift=options.drift,
        faults=options.fault,
        quota=options.quota,
        okta_clock=lambda: datetime.now(UTC),
        port=options.port,
    )


def _serve(sandbox: Sandbox, people: int) -> None:
    stopping = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    print(f"A company of {people:,} people. Settings for the tap:\n")
    print(json.dumps(sandbox.config, indent=2))
    print("\nSettings for `freshsales-idp okta`, the identity provider of the same people:\n")
    print("\n".join(f"FRESHSALES_IDP_{name.upper()}={value}" for name, value in sandbox.okta_config.items()))
    print(f"\n{STANDS_IN_FOR}\n\nTo let a week pass:")
    url = f"http://{HOST}:{sandbox.port}{PLAY_PATH}?days=7"
    print(f"  curl --noproxy {HOST} -X POST -H '{PLAY_HEADER}: {PLAY_SECRET}' '{url}'")
    print("\nCtrl-C stops it.", flush=True)
    # Short waits: on some systems, an endless wait blocks signals.
    while not stopping.wait(1):
        pass


def _refuse(sentence: str) -> int:
    print(f"freshsales-sandbox: {sentence}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="freshsales-sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser(
        "serve",
        help=f"serve both APIs of one invented company on {HOST}",
        description="Serve the REST and the SCIM API of one invented company, and its Okta, until Ctrl-C.",
        epilog=_epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    serve.add_argument("--people", type=int, default=250, help=f"how many, 1 to {LARGEST:,} (default: 250)")
    serve.add_argument("--port", type=int, default=8080, help="0 takes a free one (default: 8080)")
    serve.add_argument("--seed", type=int, default=7, help="another number, another company (default: 7)")
    for name, form in (("quirk", "NAME"), ("drift", "NAME@N"), ("fault", "NAME@LIST:N[xTIMES]")):
        serve.add_argument(
            f"--{name}", action="append", default=[], metavar=form, help="see below; repeatable"
        )
    serve.add_argument(
        "--quota",
        default=USUAL_QUOTA,
        metavar="REQUESTS/TIME[,others@N]",
        help="what the account may spend, for example 5/2s, both APIs together; with others@N, other "
        f"integrations spend N requests for each one here (default: {USUAL_QUOTA})",
    )
    return parser


def _epilog() -> str:
    return f"""\
quirks: ways in which a server may differ from the documented one; --quirk list prints only these
{_quirk_list()}

drift: NAME@N happens to {USUAL_LIST} before its Nth request is answered; NAME@LIST:N[xTIMES] to one of
{", ".join(DRIFTING_LISTS)}, so many requests in a row (x* from then on)
{_table((name, says) for name, (says, _) in DRIFTS.items())}

faults: NAME@LIST:N breaks the Nth page of a list (pages are numbered as they are first asked for) once,
NAME@LIST:NxTIMES so often, NAME@LIST:Nx* always; the lists are {", ".join(ENDPOINTS)}
{_table((fault.name, f"{fault.says} ({CURES[fault.cure]})") for fault in FAULTS.values())}

Days pass with POST {PLAY_PATH}?days=N and the header {PLAY_HEADER}: {PLAY_SECRET};
the answer is the diary of what happened on them."""


def _quirk_list() -> str:
    return _table((quirk.name, quirk.says) for quirk in QUIRKS.values())


def _table(rows: Iterable[tuple[str, Any]]) -> str:
    return "\n".join(f"  {name:32} {says}" for name, says in rows)


if __name__ == "__main__":
    sys.exit(main())
