"""Accounts for a demo and for tests: invented companies, each with its own server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import yaml  # type: ignore[import-untyped]
from psycopg.conninfo import conninfo_to_dict

from freshsales_sandbox.app import Sandbox

WRONG_KEY = "refused-0123456789"
SCARCE_QUOTA = "2/h"
GOOD, CREDENTIAL, QUOTA = "good", "credential", "quota"


@dataclass(frozen=True)
class Played:
    """An account with its server; `kind` says what is wrong with it."""

    name: str
    kind: str
    sandbox: Sandbox
    settings: Mapping[str, object] = field(default_factory=dict)

    @property
    def host(self) -> str:
        return f"{self.name}.myfreshworks.com"

    @property
    def entry(self) -> dict[str, object]:
        """Its entry in the inventory."""
        urls = {name: self.sandbox.config[name] for name in ("rest_api_url", "scim_api_url")}
        return {
            "account": self.name,
            "required_streams": ["owners", "scim_users"],
            "settings": {**urls, **self.settings},
        }

    @property
    def connection(self) -> dict[str, str]:
        """The environment variable with its Airflow connection."""
        key = WRONG_KEY if self.kind == CREDENTIAL else self.sandbox.config["api_key"]
        token = WRONG_KEY if self.kind == CREDENTIAL else self.sandbox.config["scim_token"]
        document = {"conn_type": "generic", "password": key, "extra": {"scim_token": token}}
        return {f"AIRFLOW_CONN_FRESHSALES_{self.name.upper()}": json.dumps(document)}


@contextmanager
def played(kinds: Mapping[str, str], people: int = 40) -> Iterator[list[Played]]:
    """Serve an account for each name, until the end of the `with` block."""
    with ExitStack() as servers:
        yield [
            Played(
                name,
                kind,
                servers.enter_context(
                    Sandbox(people=people, seed=seed, quota=SCARCE_QUOTA if kind == QUOTA else "1000/h")
                ),
            )
            for seed, (name, kind) in enumerate(kinds.items(), start=1)
        ]


def write_inventory(accounts: Sequence[Played], path: Path) -> None:
    path.write_text(yaml.safe_dump({"accounts": [account.entry for account in accounts]}, sort_keys=False))


def warehouse_connection(url: str) -> dict[str, str]:
    """The environment variable with the Airflow connection of a PostgreSQL server."""
    parts = conninfo_to_dict(url)
    document = {
        "conn_type": "postgres",
        "host": parts["host"],
        "port": int(str(parts["port"])),
        "login": parts["user"],
        "password": parts["password"],
        "schema": parts["dbname"],
        "extra": {"sslmode": "disable"},
    }
    return {
        "AIRFLOW_CONN_FRESHSALES_WAREHOUSE": json.dumps(document),
        "FRESHSALES_FLEET_WAREHOUSE_CONNECTION": "freshsales_warehouse",
    }
