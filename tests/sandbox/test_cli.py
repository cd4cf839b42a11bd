"""The command, in a process of its own."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys

import pytest
import requests

from freshsales_sandbox import cli
from freshsales_sandbox.drift import DRIFTS
from freshsales_sandbox.faults import FAULTS
from freshsales_sandbox.quirks import QUIRKS

COMMAND = [sys.executable, "-m", "freshsales_sandbox.cli", "serve"]


@pytest.mark.prints_credentials
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_prints_settings_that_work_and_stops_cleanly_when_told(number: signal.Signals) -> None:
    with subprocess.Popen(
        [*COMMAND, "--people", "12", "--port", "0", "--quirk", "rest-meta", "--fault", "500@roles:1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else ""
            printed += line
        found = re.search(r"\{.*?\n\}", printed, re.DOTALL)
        assert found
        config = json.loads(found[0])
        headers = {"Authorization": f"Token token={config['api_key']}"}
        url = config["rest_api_url"] + "/selector/"
        assert "meta" in requests.get(url + "owners", headers=headers, timeout=10).json()
        assert requests.get(url + "roles", headers=headers, timeout=10).status_code == 500
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert "What this cannot stand in for" in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--people", "0"], "--people 0 cannot be: a company has 1 to 100,000 people"),
        (["--people", "100001"], "--people 100001 cannot be"),
        (["--port", "65536"], "--port 65536 cannot be"),
        (["--quirk", "nonsense"], "there is no quirk 'nonsense': --quirk list names them all"),
        (["--drift", "swap"], "'swap' does not say when"),
        (["--fault", "500@nowhere:1"], "'500@nowhere:1' does not say when"),
        (["--quota", "lots"], "'lots' is no quota"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["serve", *arguments]) == 1
    output = capsys.readouterr()
    assert output.err.startswith(f"freshsales-sandbox: {sentence}")
    assert (output.out, output.err.count("\n")) == ("", 1)


def test_a_port_in_use_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", "--people", "1", "--port", str(port)]) == 1
    assert capsys.readouterr().err.startswith(f"freshsales-sandbox: port {port} is in use")


def test_wrong_usage_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["serve", "--people", "many"])
    assert stopped.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_names_every_quirk_drift_and_fault(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["serve", "--help"])
    printed = capsys.readouterr().out
    for name in (*QUIRKS, *DRIFTS, *FAULTS):
        assert f"\n  {name} " in printed


def test_quirk_list_prints_all_quirks_and_serves_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--quirk", "list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(QUIRKS)
