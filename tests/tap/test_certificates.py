"""Certificates and the authorities that sign them: what cannot be trusted is asked once, and explained."""

import re
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket

import pytest
import trustme

from tests.tap.answering import SCIM_TOKEN
from tests.tap.raw_server import PEOPLE, RawServer, serve_http
from tests.tap.running import Outcome, run_tap
from tests.tap.test_wire import Stale

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@pytest.fixture(autouse=True)
def no_bundle(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def tls(authority: trustme.CA, *names: str, valid_for: timedelta = timedelta(days=1)) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate = authority.issue_cert(*names, not_after=datetime.now(UTC) + valid_for)
    certificate.configure_cert(context)
    return context


def run(server: RawServer, tmp_path: Path, *arguments: str, **settings: object) -> Outcome:
    url = server.url.replace("http:", "https:") + "/scim"
    config = {"domain": "acme", "scim_token": SCIM_TOKEN, "scim_api_url": url, "max_attempts": 3}
    return run_tap({**config, "max_in_flight": 1, **settings}, tmp_path, *arguments)


@pytest.fixture
def bundle(authority: trustme.CA, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.mark.parametrize("variable", VARIABLES)
def test_an_authority_named_by_a_variable_is_trusted(
    variable: str, authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, str(bundle))
    with RawServer(serve_http, tls(authority, "127.0.0.1")) as server:
        outcome = run(server, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert [key for (key,) in outcome.keys("scim_users")] == PEOPLE


@pytest.mark.parametrize("manner", ["closed-before", "closed-after", "reset-after"])
def test_a_stale_tls_connection_costs_no_attempt(
    manner: str, authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    with RawServer(Stale(manner), tls(authority, "127.0.0.1")) as server:
        outcome = run(server, tmp_path, page_size=1, max_attempts=1)
    assert outcome.exit_code == 0, outcome.log
    assert [key for (key,) in outcome.keys("scim_users")] == PEOPLE


def assert_ended_at_once(outcome: Outcome, *words: str) -> None:
    errors = [line for line in outcome.log.splitlines() if "| ERROR" in line and "stream scim_" in line]
    assert len(errors) == 2, outcome.log
    for error in errors:
        assert all(word in error for word in words), error
        assert "attempt" not in error
    for stream in ("scim_users", "scim_groups"):
        assert outcome.receipt(stream)["incomplete_reason"] == "failed: unreachable"
    assert outcome.exit_code == 78


UNTRUSTED: dict[str, tuple[Callable[[trustme.CA], ssl.SSLContext], str, str]] = {
    "expired": (
        lambda authority: tls(authority, "127.0.0.1", valid_for=timedelta(hours=-1)),
        "has expired",
        "Check the clock of this machine",
    ),
    "other-name": (
        lambda authority: tls(authority, "elsewhere.example"),
        "is for another host",
        "Check `scim_api_url`",
    ),
    "other-address": (
        lambda authority: tls(authority, "127.0.0.2"),
        "is for another host",
        "Check `scim_api_url`",
    ),
    "other-authority": (
        lambda _: tls(trustme.CA(), "127.0.0.1"),
        "cannot be trusted (",
        "set `{variable}` to a PEM file with the certificate",
    ),
}


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("kind", UNTRUSTED)
def test_a_certificate_that_cannot_be_trusted_ends_the_surface(
    kind: str,
    variable: str,
    authority: trustme.CA,
    bundle: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    context, what, remedy = UNTRUSTED[kind]
    monkeypatch.setenv(variable, str(bundle))
    with RawServer(serve_http, context(authority)) as server:
        outcome = run(server, tmp_path)
    assert server.connections == 1, "asked again, though that cannot help"
    assert not server.requests
    place = f"the certificate of 127.0.0.1:{server.port} "
    assert_ended_at_once(outcome, place + what, remedy.format(variable=variable))


def test_a_private_authority_needs_a_variable_that_is_named(authority: trustme.CA, tmp_path: Path) -> None:
    with RawServer(serve_http, tls(authority, "127.0.0.1")) as server:
        outcome = run(server, tmp_path)
    assert_ended_at_once(outcome, "cannot be trusted (", "set `REQUESTS_CA_BUNDLE` to a PEM file")


BUNDLES = {
    "missing": (None, "does not exist"),
    "no-pem": (b"nothing of the kind", "is no PEM file with certificates"),
    "empty": (b"", "is no PEM file with certificates"),
    "binary": (bytes(range(256)), "is no PEM file with certificates"),
    "half": (b"-----BEGIN CERTIFICATE-----\nMIIB", "is no PEM file with certificates"),
}


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("kind", BUNDLES)
def test_an_unusable_bundle_ends_the_surface_unasked(
    kind: str, variable: str, authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    content, what = BUNDLES[kind]
    path = tmp_path / "bundle.pem"
    if content is not None:
        path.write_bytes(content)
    monkeypatch.setenv(variable, str(path))
    with RawServer(serve_http, tls(authority, "127.0.0.1")) as server:
        outcome = run(server, tmp_path)
    assert server.connections == 0
    assert_ended_at_once(
        outcome, f"the file that `{variable}` names {what}", f"Set `{variable}` to a PEM file"
    )
    assert outcome.receipt("scim_users")["api_requests"] == 0


def test_the_first_variable_that_is_set_decides(
    authority: trustme.CA, bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    monkeypatch.setenv("CURL_CA_BUNDLE", str(bundle))
    with RawServer(serve_http, tls(authority, "127.0.0.1")) as server:
        outcome = run(server, tmp_path)
    assert outcome.exit_code == 0, outcome.log


def test_plain_http_on_loopback_needs_no_bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with RawServer(serve_http) as server:
        outcome = run(server, tmp_path, scim_api_url=server.url)
    assert outcome.exit_code == 0, outcome.log


def test_a_port_that_speaks_no_tls_ends_the_surface(tmp_path: Path) -> None:
    def serve(connection: socket, _: RawServer) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with RawServer(serve) as server:
        outcome = run(server, tmp_path)
    assert server.connections == 1
    assert_ended_at_once(outcome, f"127.0.0.1:{server.port} does not speak TLS", "Check `scim_api_url`")


def test_a_handshake_that_is_cut_off_is_tried_again(tmp_path: Path) -> None:
    def serve(connection: socket, _: RawServer) -> None:
        connection.recv(65536)

    with RawServer(serve) as server:
        outcome = run(server, tmp_path)
    assert server.connections == 2 * 3, "three attempts for each of two lists"
    assert f"the connection to 127.0.0.1:{server.port} failed, attempt 3 of 3" in outcome.log


def test_a_check_names_the_certificate_and_asks_no_more(
    authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "")
    with RawServer(serve_http, tls(authority, "127.0.0.1")) as server:
        outcome = run(server, tmp_path, "--test")
    assert server.connections == 1
    assert "cannot be trusted" in outcome.output
    assert re.search("scim_groups +scim_token +not asked, the surface cannot be reached", outcome.output)
    assert outcome.exit_code == 78
