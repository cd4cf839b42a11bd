"""The inventory: which accounts the fleet reads, and what it must read of each.

It is a YAML file with no secret in it. It is checked as a whole before anything runs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml  # type: ignore[import-untyped]

from freshsales_fleet.errors import InventoryError
from tap_freshsales_users.api.account import CURRENT_HOST, resolve
from tap_freshsales_users.settings import SETTINGS
from tap_freshsales_users.tables.tables import TABLES
from tap_freshsales_users.validation import find_problems

CONNECTION_PREFIX = "freshsales_"
KEYS = ("account", "connection", "required_streams", "settings")
STREAMS = tuple(table.name for table in TABLES)
TEMPLATE_MARKS = ("{{", "{%", "{#")
# Settings of the tap that an entry of the inventory gives in its own keys.
SAID_ELSEWHERE = ("domain", "required_streams")
# What Airflow takes for the id of a connection, in ASCII; so it is no template.
CONNECTION = re.compile(r"[\w#!()\-.:/\\]{1,250}", re.ASCII)
# The settings that an entry may give, as they are where it gives none.
USUAL = {
    name: shape.get("default")
    for name, shape in SETTINGS["properties"].items()
    if name not in SAID_ELSEWHERE and not shape.get("secret")
}


@dataclass(frozen=True)
class Account:
    """`host` is the name of the account in every record."""

    host: str
    connection: str
    required_streams: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> Account:
        return cls(**document | {"required_streams": tuple(document["required_streams"])})

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"required_streams": list(self.required_streams)}


def load(path: Path) -> list[Account]:
    """Read and check the inventory; raises an InventoryError that names every mistake in it."""
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_StrictLoader)  # noqa: S506 - a safe loader
    except OSError:
        raise InventoryError(
            f"The inventory {path} cannot be read. Write it after the example in fleet/accounts.example.yml, "
            "and name it with FRESHSALES_FLEET_INVENTORY."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        problem = getattr(error, "problem", None) or "it is not text in UTF-8"
        raise InventoryError(f"The inventory {path} is not YAML: {problem}{where}.") from None
    if not isinstance(document, dict) or list(document) != ["accounts"] or not document["accounts"]:
        raise InventoryError(
            f"The inventory {path} must have one key, `accounts`, with a list that is not empty."
        )
    entries = document["accounts"]
    if not isinstance(entries, list):
        raise InventoryError(f"`accounts` of the inventory {path} must be a list.")
    accounts: list[Account] = []
    problems: list[str] = []
    for number, entry in enumerate(entries, start=1):
        mistakes = [*_mistakes(entry)]
        problems += [f"entry {number}: {mistake}" for mistake in mistakes]
        if not mistakes:
            accounts.append(_account(entry))
    problems += _clashes(accounts)
    if problems:
        raise InventoryError(
            f"The inventory {path} cannot be used, and nothing was run:\n- " + "\n- ".join(problems)
        )
    return accounts


def _mistakes(entry: object) -> Iterator[str]:
    if not isinstance(entry, dict):
        yield "it must be a mapping with the key `account`"
        return
    unknown = [str(key) for key in entry if key not in KEYS]
    if unknown:
        yield f"unknown key {', '.join(unknown)}; the keys are {', '.join(KEYS)}"
    settings = entry.get("settings", {})
    if not isinstance(settings, dict):
        yield "`settings` must be a mapping of settings of the tap"
        settings = {}
    yield from _mistakes_of_settings(settings)
    account = entry.get("account")
    if not isinstance(account, str):
        yield "`account` must be text: put it into quotes" if account is not None else "`account` is missing"
    usable = {name: value for name, value in settings.items() if name in USUAL}
    # Credentials come from the connection, and are looked at then.
    config = {
        **USUAL,
        **usable,
        "api_key": "unused",
        "domain": account if isinstance(account, str) else "unknown",
    }
    for problem in find_problems(config, SETTINGS):
        yield problem.replace("`domain`", "`account`")
    connection = entry.get("connection")
    if connection is not None and not (isinstance(connection, str) and CONNECTION.fullmatch(connection)):
        yield "`connection` must be the id of an Airflow connection"
    yield from _mistakes_of_streams(entry.get("required_streams", []), config)


def _mistakes_of_streams(streams: object, config: dict[str, Any]) -> Iterator[str]:
    if not isinstance(streams, list) or not all(isinstance(name, str) for name in streams):
        yield "`required_streams` must be a list of names of streams"
        return
    for name in streams:
        if name not in STREAMS:
            yield f"there is no stream {name}; the streams are {', '.join(STREAMS)}"
    for table in TABLES:
        if table.name in streams and not table.is_on(config):
            yield f"`{table.name}` is required, but `{table.switch}` is `none`: set it in `settings`"


def _mistakes_of_settings(settings: dict[object, object]) -> Iterator[str]:
    properties = SETTINGS["properties"]
    for name, value in settings.items():
        if any(mark in str(value) for mark in TEMPLATE_MARKS):
            yield f"`{name}` must not be a template: Airflow would put it together, and show it"
        if name in SAID_ELSEWHERE:
            yield f"`settings` must not say `{name}`: the entry itself says it"
        elif name not in properties:
            yield f"the tap has no setting `{name}`"
        elif properties[name].get("secret"):
            yield f"`{name}` is a secret: put it into the Airflow connection, and take it out of this file"


def _account(entry: dict[str, Any]) -> Account:
    host = resolve(entry["account"]).name
    return Account(
        host=host,
        connection=entry.get("connection") or f"{CONNECTION_PREFIX}{short_name(host)}",
        required_streams=tuple(dict.fromkeys(entry.get("required_streams") or ())),
        settings=dict(entry.get("settings") or {}),
    )


def short_name(host: str) -> str:
    """`acme` of acme.myfreshworks.com; a host of another domain has no shorter name."""
    return host.removesuffix(".myfreshworks.com")


def _clashes(accounts: list[Account]) -> Iterator[str]:
    """Mistakes that two entries make together, such as an account that is listed twice.

    Its people would be counted twice, and each of the two reads would undo the other.
    """
    for host in _repeated(account.host for account in accounts):
        yield f"{host} is there more than once, perhaps in two spellings: one account, one entry"
    current = {account.host for account in accounts if CURRENT_HOST.fullmatch(account.host)}
    for label in _repeated(host.partition(".")[0] for host in current):
        yield (
            f"{label}.myfreshworks.com and {label}.freshworks.com are two hosts of one account: keep the one "
            "whose records are in the warehouse"
        )
    for url in _repeated(
        _same_place(resolve(account.host, account.settings.get("rest_api_url")).rest_api_url)
        for account in {account.host: account for account in accounts}.values()
    ):
        yield f"two accounts have the same `rest_api_url` {url}: one account would be read under two names"
    # Airflow takes the variables of its connections in capital letters.
    for connection in _repeated(account.connection.lower() for account in accounts):
        yield (
            f"two accounts have the connection {connection}: the credential of one would be sent to the "
            "other. Name one of each account with `connection`"
        )


def _same_place(url: str) -> str:
    """The one spelling of a URL: its host in small letters, and no port that is usual."""
    parts = urlsplit(url)
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in {None, usual} else f":{parts.port}"
    return f"{parts.scheme}://{(parts.hostname or '').removesuffix('.')}{port}{parts.path}"


def _repeated(values: Any) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]


class _StrictLoader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Refuses two equal keys in a mapping. YAML itself silently takes the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002
        found: dict[Hashable, Any] = super().construct_mapping(node, deep=deep)
        if len(found) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "one key is there twice", node.start_mark)
        return found
