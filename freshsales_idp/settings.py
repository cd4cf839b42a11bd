"""The settings of a load. They are checked before anything is requested or written."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from freshsales_idp.errors import IdpError

HOST_NAME = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}")
ID = re.compile(r"[A-Za-z0-9]{1,64}")
NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
TOKEN = re.compile(r"[!-~]+")
PREFIX = "FRESHSALES_IDP_"
NAME_OF_LETTERS = "lower-case letters, digits and underscores, with a letter first"
WANTED = {
    "account": "the host of the Freshsales account, as its tables have it in the column `account`: "
    "acme.myfreshworks.com",
    "okta_url": "the https URL of the Okta organization, without a path: https://acme.okta.com. http is "
    "taken for loopback addresses only",
    "okta_token": "an API token of Okta (Security, API, Tokens in the Admin Console)",
    "okta_app_ids": "the ids of the Freshworks apps in Okta, separated by commas: an id is the last part of "
    "the app's address in the Admin Console and looks like 0oa1gjh63g214q0Hq0g4",
    "source": NAME_OF_LETTERS,
    "schema": NAME_OF_LETTERS,
    "warehouse": "the path of a DuckDB file that nothing else writes to, or a postgresql:// URL",
}
REQUIRED = ("account", "okta_url", "okta_token", "okta_app_ids")


@dataclass(frozen=True)
class Settings:
    """Settings of one Okta tenant; raises IdpError if one of them is missing or wrong."""

    account: str
    okta_url: str
    okta_token: str = field(repr=False)
    okta_app_ids: tuple[str, ...]
    source: str = "okta"
    schema: str = "freshsales_okta"
    warehouse: str = field(default="output/okta.duckdb", repr=False)

    def __post_init__(self) -> None:
        if not HOST_NAME.fullmatch(self.account):
            raise _wrong("account")
        if not _may_be_asked(self.okta_url):
            raise _wrong("okta_url")
        if not TOKEN.fullmatch(self.okta_token):
            raise _wrong("okta_token")
        if not self.okta_app_ids or not all(map(ID.fullmatch, self.okta_app_ids)):
            raise _wrong("okta_app_ids")
        for name in ("source", "schema"):
            if not NAME.fullmatch(getattr(self, name)):
                raise _wrong(name)

    @classmethod
    def of(cls, environment: Mapping[str, str], warehouse: str | None = None) -> Settings:
        """The settings in environment variables. A variable that is not set, or empty, has its default."""
        given = {name: environment.get(PREFIX + name.upper(), "").strip() for name in WANTED}
        texts = {name: text for name, text in given.items() if text or name in REQUIRED}
        app_ids = texts.pop("okta_app_ids")
        if warehouse:
            texts["warehouse"] = warehouse
        return cls(okta_app_ids=ids_of(app_ids), **texts)

    @property
    def is_on_loopback(self) -> bool:
        return is_loopback(urlsplit(self.okta_url).hostname or "")


def ids_of(text: str) -> tuple[str, ...]:
    """The entries of a text that separates them by commas; each entry once."""
    return tuple(dict.fromkeys(entry.strip() for entry in text.split(",") if entry.strip()))


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _may_be_asked(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc or parts.path.strip("/") or parts.query or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


def _wrong(name: str) -> IdpError:
    return IdpError(
        f"The setting `{name}` is missing or wrong. Set {PREFIX}{name.upper()} to {WANTED[name]}."
    )
