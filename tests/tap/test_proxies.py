"""Proxies of the environment: who goes through one, who never does, and what is said where one fails."""

import base64
import contextlib
import select
import socket as socket_module
import ssl
from collections.abc import Iterator
from pathlib import Path
from socket import create_connection, socket

import pytest
import requests
import trustme

from tests.tap.answering import API_KEY, SCIM_TOKEN, AnsweringServer, json_answer
from tests.tap.raw_server import PEOPLE, RawServer, serve_http
from tests.tap.running import Outcome, run_tap

HOST = "acme.myfreshworks.com"
# Credentials of the proxy, with what has to be percent-encoded in a URL.
USER, PASSWORD = "proxy-user", "p@ss/wörd"
IN_URL = "proxy-user:p%40ss%2Fw%C3%B6rd"
EMPTY_LIST = '{"totalResults": 0, "Resources": []}'
PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
# Each names this machine; what is not served there is refused, and that is an answer, too.
LOOPBACK = ("127.0.0.1", "localhost", "LOCALHOST", "LocalHost", "127.0.0.2", "127.255.255.254", "[::1]")


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY_VARIABLES, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


def listen(connection: socket, server: RawServer) -> None:
    """Keep what was asked, and answer nothing."""
    server.read_request(connection)


# -- this machine itself


@pytest.mark.parametrize("no_proxy", [None, "", "127.0.0.9"])
@pytest.mark.parametrize("variable", PROXY_VARIABLES)
def test_loopback_goes_past_every_proxy_variable(
    variable: str, no_proxy: str | None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if no_proxy is not None:
        monkeypatch.setenv("no_proxy", no_proxy)
    with RawServer(listen) as proxy, AnsweringServer(lambda _: json_answer(EMPTY_LIST)) as server:
        monkeypatch.setenv(variable, proxy.url)
        outcome = run_tap({**server.config, "api_key": None, "max_attempts": 1}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert server.requests
    assert not proxy.connections


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("setting", ["rest_api_url", "scim_api_url"])
def test_loopback_goes_past_the_proxy_in_every_spelling(
    setting: str, host: str, scheme: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with RawServer(listen) as proxy, AnsweringServer(lambda _: json_answer("{}", 403)) as server:
        for variable in PROXY_VARIABLES:
            monkeypatch.setenv(variable, proxy.url)
        config = {**server.config, "max_attempts": 1}
        config[setting] = config[setting].replace("127.0.0.1", host).replace("http:", f"{scheme}:")
        run_tap(config, tmp_path)
    assert not proxy.connections


# -- a host elsewhere, by way of a proxy


class ForwardProxy:
    """What a company's proxy does with CONNECT: it joins the client with a server, always the same here."""

    def __init__(self, port: int, status: int = 200) -> None:
        self._port = port
        self._status = status

    def __call__(self, connection: socket, server: RawServer) -> None:
        server.read_request(connection)
        connection.sendall(f"HTTP/1.1 {self._status} Whatever\r\n\r\n".encode())
        if self._status != 200:
            return
        with create_connection(("127.0.0.1", self._port)) as upstream:
            peers = {connection: upstream, upstream: connection}
            while not server.stopping.is_set():
                for ready in select.select([*peers], [], [], 0.05)[0]:
                    # TLS over TLS keeps more than it shows; here the proxy's own side is plain.
                    data = ready.recv(65536)
                    if not data:
                        return
                    peers[ready].sendall(data)


@pytest.fixture
def bundle(authority: trustme.CA, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return path


@pytest.fixture
def upstream(authority: trustme.CA, bundle: Path) -> Iterator[RawServer]:  # noqa: ARG001 - it is to be trusted
    """The account's host, as the proxy reaches it."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(HOST).configure_cert(context)
    with RawServer(serve_http, tls=context) as server:
        yield server


def run(tmp_path: Path, *arguments: str, **settings: object) -> Outcome:
    config = {"domain": "acme", "scim_token": SCIM_TOKEN, "max_attempts": 2, "max_in_flight": 1}
    return run_tap({**config, **settings}, tmp_path, *arguments)


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"])
def test_a_proxy_joins_both_ends_and_reads_nothing(
    variable: str, upstream: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    look_up = requests.utils.get_environ_proxies
    lookups: list[str] = []

    def watched(url: str) -> object:
        lookups.append(url)
        return look_up(url)

    monkeypatch.setattr("requests.utils.get_environ_proxies", watched)
    with RawServer(ForwardProxy(upstream.port)) as proxy:
        monkeypatch.setenv(variable, f"http://{IN_URL}@127.0.0.1:{proxy.port}")
        outcome = run(tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert [key for (key,) in outcome.keys("scim_users")] == PEOPLE
    assert lookups == [f"https://{HOST}/scim/v2"], "looked up once a surface"
    assert {line.split(" ")[:2][1] for line in proxy.requests} == {f"{HOST}:443"}
    seen_by_proxy = "".join(proxy.heads)
    assert SCIM_TOKEN not in seen_by_proxy
    assert "Authorization: Bearer" not in seen_by_proxy
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert all(f"Proxy-Authorization: Basic {basic}" in head for head in proxy.heads)
    assert all("Proxy-Authorization" not in head for head in upstream.heads), "told to the host"
    assert all(f"Authorization: Bearer {SCIM_TOKEN}" in head for head in upstream.heads)
    assert_no_proxy_credential(outcome)


def test_a_host_in_no_proxy_is_asked_without_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with RawServer(listen) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.setenv("no_proxy", ".invalid")
        outcome = run(tmp_path, scim_api_url="https://scim.invalid/scim", max_attempts=1)
    assert not proxy.connections
    assert "scim.invalid cannot be found by its name" in outcome.log


def assert_no_proxy_credential(outcome: Outcome) -> None:
    said = outcome.log + outcome.output
    for secret in (USER, PASSWORD, IN_URL, "p%40ss", API_KEY, SCIM_TOKEN):
        assert secret not in said


# -- proxies that stand in the way


def errors_of(outcome: Outcome) -> list[str]:
    return [line for line in outcome.log.splitlines() if "| ERROR" in line and "stream scim_" in line]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 407])
def test_a_proxy_that_refuses_ends_the_surface_at_once(
    status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with RawServer(ForwardProxy(0, status)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_URL}@127.0.0.1:{proxy.port}")
        outcome = run(tmp_path)
    assert proxy.connections == 1, "asked again, though that cannot help"
    errors = errors_of(outcome)
    assert len(errors) == 2
    for error in errors:
        assert f"the proxy 127.0.0.1:{proxy.port} (`HTTPS_PROXY`)" in error
        assert f"{HOST}" in error
        assert f"({status})" in error
        assert ("USER:PASSWORD@HOST:PORT" if status == 407 else "`NO_PROXY`") in error
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: unreachable"
    assert outcome.receipt("scim_groups")["incomplete_reason"] == "failed: unreachable"
    assert outcome.receipt("scim_groups")["api_requests"] == 0
    assert_no_proxy_credential(outcome)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_proxy_that_does_not_reach_the_host_is_asked_again(
    status: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with RawServer(ForwardProxy(0, status)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_URL}@127.0.0.1:{proxy.port}")
        outcome = run(tmp_path)
    assert proxy.connections == 2 * 2, "two attempts for each of two lists"
    assert f"(`HTTPS_PROXY`) does not reach {HOST} ({status}), attempt 2 of 2" in outcome.log
    assert outcome.receipt("scim_users")["incomplete_reason"] == "failed: upstream_unavailable"
    assert_no_proxy_credential(outcome)


@pytest.mark.parametrize(
    "address",
    [
        "socks5://{credentials}@127.0.0.1:{port}",
        "ftp://{credentials}@127.0.0.1:{port}",
        "htp://{credentials}@127.0.0.1:{port}",
        "http://{credentials}@127.0.0.1:port",
        "http://{credentials}@127.0.0.1:99999",
        "http://{credentials}@",
        "http://{credentials}@[::1",
        "http://{credentials}@proxy host:{port}",
        "://",
        "http:/127.0.0.1:{port}",
    ],
)
def test_an_unusable_proxy_address_ends_the_surface_unasked(
    address: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    variable = "ALL_PROXY"
    with RawServer(listen) as proxy:
        monkeypatch.setenv(variable, address.format(credentials=IN_URL, port=proxy.port))
        outcome = run(tmp_path)
    assert not proxy.connections
    errors = errors_of(outcome)
    assert len(errors) == 2
    assert all(f"the proxy address of `{variable}` cannot be used" in error for error in errors)
    assert all("http://HOST:PORT" in error for error in errors)
    receipt = outcome.receipt("scim_users")
    assert (receipt["incomplete_reason"], receipt["api_requests"]) == ("failed: unreachable", 0)
    assert_no_proxy_credential(outcome)


def test_a_proxy_address_without_a_scheme_is_taken_for_http(
    upstream: RawServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with RawServer(ForwardProxy(upstream.port)) as proxy:
        monkeypatch.setenv("https_proxy", f"127.0.0.1:{proxy.port}")
        outcome = run(tmp_path)
    assert outcome.exit_code == 0, outcome.log


def test_https_before_a_proxy_that_speaks_http_is_explained(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def serve(connection: socket, _: RawServer) -> None:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with RawServer(serve) as proxy:
        monkeypatch.setenv("https_proxy", f"https://{IN_URL}@127.0.0.1:{proxy.port}")
        outcome = run(tmp_path)
    assert bundle.exists()
    assert proxy.connections == 1
    assert f"the proxy 127.0.0.1:{proxy.port} (`https_proxy`) does not speak TLS" in outcome.log
    assert "Write http:// in place of https://" in outcome.log
    assert_no_proxy_credential(outcome)


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port that refuses for as long as it is held: bound, and not listening."""
    with socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_a_proxy_that_is_down_is_named_and_asked_again(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with closed_port() as port:
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        monkeypatch.setenv("https_proxy", f"http://{IN_URL}@127.0.0.1:{port}")
        outcome = run(tmp_path)
    assert f"the proxy 127.0.0.1:{port} (`https_proxy`) refuses the connection, attempt 2 of 2" in outcome.log
    assert "Check the address in `https_proxy`" in outcome.log
    assert_no_proxy_credential(outcome)


def test_a_proxy_without_an_address_in_the_network_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{IN_URL}@proxy.invalid:3128")
    outcome = run(tmp_path)
    assert "the proxy proxy.invalid:3128 (`https_proxy`) cannot be found by its name" in outcome.log
    assert_no_proxy_credential(outcome)


def test_a_check_says_once_what_stands_in_the_way(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with RawServer(ForwardProxy(0, 407)) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://{IN_URL}@127.0.0.1:{proxy.port}")
        outcome = run(tmp_path, "--test", api_key=API_KEY)
    assert proxy.connections == 2, "once a surface"
    assert outcome.output.count("(407)") == 2
    assert outcome.output.count("not asked, the surface cannot be reached") == 5
    assert outcome.exit_code == 78
    assert_no_proxy_credential(outcome)


# -- hosts that are not there


@pytest.mark.parametrize("setting", ["domain", "scim_api_url"])
def test_a_host_that_cannot_be_found_names_its_setting(setting: str, tmp_path: Path) -> None:
    change = {"scim_api_url": "https://scim.invalid/scim"} if setting == "scim_api_url" else {}
    with unfindable(f"{HOST}" if setting == "domain" else None):
        outcome = run(tmp_path, **change)
    host = HOST if setting == "domain" else "scim.invalid"
    assert f"{host} cannot be found by its name, attempt 2 of 2. Check `{setting}`" in outcome.log


@contextlib.contextmanager
def unfindable(host: str | None) -> Iterator[None]:
    """`.invalid` is nowhere to be found (RFC 6761); a real name must not be asked for by a test."""
    look_up = socket_module.getaddrinfo

    def find(name: str, *arguments: object, **options: object) -> object:
        return look_up("scim.invalid" if name == host else name, *arguments, **options)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.getaddrinfo", find)
        yield


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_that_refuses_names_the_host_and_its_setting(scheme: str, tmp_path: Path) -> None:
    with closed_port() as port:
        outcome = run(tmp_path, scim_api_url=f"{scheme}://127.0.0.1:{port}/scim")
    assert f"127.0.0.1:{port} refuses the connection, attempt 2 of 2. Check `scim_api_url`" in outcome.log
