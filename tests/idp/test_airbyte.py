"""Another reader, unmodified, takes the played organization for Okta: airbyte-source-okta over TLS."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from freshsales_sandbox.app import Sandbox
from freshsales_sandbox.okta.api import API_TOKEN
from tests.idp.tls_proxy import TlsProxy

SOURCE = Path(__file__).parents[2] / ".venv-airbyte/bin/source-okta"
HOST = "acme.okta.com"


def catalog(*streams: str) -> dict[str, Any]:
    return {
        "streams": [
            {
                "stream": {"name": name, "json_schema": {}, "supported_sync_modes": ["full_refresh"]},
                "sync_mode": "full_refresh",
                "destination_sync_mode": "overwrite",
            }
            for name in streams
        ]
    }


def test_airbytes_source_reads_every_user_and_event(tmp_path: Path) -> None:
    config, streams = tmp_path / "config.json", tmp_path / "catalog.json"
    with Sandbox(people=210, seed=7, okta_clock=lambda: datetime.now(UTC)) as sandbox:
        sandbox.play(10)
        tenant = sandbox.okta.tenant
        credentials = {"auth_type": "api_token", "api_token": API_TOKEN}
        oldest = "2015-01-01T00:00:00Z"
        config.write_text(json.dumps({"domain": "acme", "start_date": oldest, "credentials": credentials}))
        streams.write_text(json.dumps(catalog("users", "logs")))
        with TlsProxy(HOST, sandbox.port, tmp_path) as proxy:
            finished = subprocess.run(
                [SOURCE, "read", "--config", config, "--catalog", streams],
                env=os.environ
                | {
                    "HTTPS_PROXY": proxy.url,
                    "REQUESTS_CA_BUNDLE": str(proxy.certificate),
                    "DO_NOT_TRACK": "1",
                },
                cwd=tmp_path,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
    assert finished.returncode == 0, finished.stdout[-3000:]
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    read: dict[str, set[str]] = {"users": set(), "logs": set()}
    for record in (message["record"] for message in messages if message["type"] == "RECORD"):
        read[record["stream"]].add(record["data"].get("id") or record["data"]["uuid"])
    kept = datetime.now(UTC) - timedelta(days=89)
    assert read["users"] == set(tenant.users)
    assert read["logs"] >= {event.id for event in tenant.events if event.at > kept}
