"""What every test may use: a PostgreSQL server, and a watch that no credential gets out."""

import os
import subprocess
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from freshsales_review import at_work
from freshsales_sandbox.app import API_KEY, SCIM_TOKEN
from freshsales_sandbox.okta.api import API_TOKEN
from tools.postgresql import served

if TYPE_CHECKING:
    from pathlib import Path

CREDENTIALS = (API_KEY, SCIM_TOKEN, API_TOKEN)
LOOPBACK = "127.0.0.1,localhost,::1"


def pytest_configure() -> None:
    """Let every client of these tests reach the servers of these tests, also where a proxy is set."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), LOOPBACK]))
    # What a command prints must not depend on how busy the machine is.
    at_work.TELL_AFTER_SECONDS = 600


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """URL of a server that lives as long as the session, and need not outlive a power cut."""
    with served("fsync=off", "full_page_writes=off", "synchronous_commit=off") as url:
        yield url


@pytest.fixture(autouse=True)
def no_credential_gets_out(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: "Path"
) -> Iterator[None]:
    """Fail a test whose child processes print a credential, or that leaves one in a file not made for it."""
    leaks: list[str] = []
    communicate = subprocess.Popen.communicate

    def watched(process: "subprocess.Popen[Any]", *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        output: tuple[Any, Any] = communicate(process, *args, **kwargs)
        if any(map(holds_credential, output)):
            leaks.append("what a child process printed")
        return output

    monkeypatch.setattr(subprocess.Popen, "communicate", watched)
    yield
    leaks += [
        str(path.relative_to(tmp_path))
        for path in tmp_path.rglob("*")
        if path.is_file() and not is_configuration(path) and holds_credential(path.read_bytes())
    ]
    assert not leaks or shows_credentials(request.node), f"a credential got out, in {leaks}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that printed or logged a credential itself."""
    report = yield
    printed = any(holds_credential(text) for _, text in report.sections)
    if report.passed and printed and not shows_credentials(item):
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid}: a credential got out, in what was printed or logged"
    return report


def shows_credentials(item: pytest.Item) -> bool:
    return item.get_closest_marker("prints_credentials") is not None


def holds_credential(output: str | bytes | None) -> bool:
    raw = output.encode() if isinstance(output, str) else output or b""
    return any(credential.encode() in raw for credential in CREDENTIALS)


def is_configuration(path: "Path") -> bool:
    return "config" in path.name or path.name == ".env"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how many faults were met, as counted from what was run."""
    outcomes = {
        outcome: sum("test_fault_matrix.py::test_a_fault" in report.nodeid for report in reports)
        for outcome, reports in terminalreporter.stats.items()
        if outcome in {"passed", "failed"}
    }
    if any(outcomes.values()):
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()) if count)
        terminalreporter.write_line(f"fault matrix: {sum(outcomes.values())} cases, {told}")
