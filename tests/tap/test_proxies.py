"""Proxies of the environment: who goes through one, who never does, and what is said where one fails."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest

from tests.tap.answering import AnsweringServer, json_answer
from tests.tap.running import run_tap

EMPTY_LIST = json.dumps({"totalResults": 0, "Resources": []})
ONLY_SCIM = {"api_key": None, "max_attempts": 1, "request_timeout_seconds": 5}
PROXY_VARIABLES = ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
# Each names this machine; what is not served there is refused, and that is an answer, too.
LOOPBACK = ("127.0.0.1", "localhost", "LOCALHOST", "LocalHost", "127.0.0.2", "127.255.255.254", "[::1]")


class Listener:
    """Takes connections and keeps what comes first on each; it never answers."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._thread = Thread(target=self._listen)
        self._thread.start()
        self.port: int = self._socket.getsockname()[1]

    def _listen(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with connection:
                heard = connection.recv(65536)
                if heard == b"stop":
                    return
                self.heard.append(heard)

    def stop(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall(b"stop")
        self._thread.join()
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.stop()


@pytest.fixture(autouse=True)
def no_proxy_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*PROXY_VARIABLES, "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)


# -- this machine itself


@pytest.mark.parametrize("no_proxy", [None, "", "127.0.0.9"])
@pytest.mark.parametrize("variable", PROXY_VARIABLES)
def test_loopback_goes_past_every_proxy_variable(
    variable: str, no_proxy: str | None, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(variable, f"http://127.0.0.1:{listener.port}")
    if no_proxy is not None:
        monkeypatch.setenv("no_proxy", no_proxy)
    with AnsweringServer(lambda _: json_answer(EMPTY_LIST)) as server:
        outcome = run_tap({**server.config, **ONLY_SCIM}, tmp_path)
    assert outcome.exit_code == 0, outcome.log
    assert server.requests
    assert not listener.heard


@pytest.mark.parametrize("host", LOOPBACK)
@pytest.mark.parametrize("setting", ["rest_api_url", "scim_api_url"])
def test_loopback_goes_past_the_proxy_in_every_spelling(
    setting: str, host: str, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for variable in PROXY_VARIABLES:
        monkeypatch.setenv(variable, f"http://127.0.0.1:{listener.port}")
    with AnsweringServer(lambda _: json_answer("{}", 403)) as server:
        config = {**server.config, "max_attempts": 1, "request_timeout_seconds": 5}
        config[setting] = config[setting].replace("127.0.0.1", host)
        run_tap(config, tmp_path)
    assert not listener.heard
