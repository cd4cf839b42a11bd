"""From the settings `domain`, `rest_api_url`, `scim_api_url` to the account's name and its two base URLs."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from tap_freshsales_users.errors import ConfigurationError

LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
ACCOUNT_NAME = re.compile(LABEL)
CURRENT_HOST = re.compile(rf"{LABEL}\.(?:myfreshworks|freshworks)\.com")
LEGACY_HOST = re.compile(rf"{LABEL}\.freshsales\.io")
# Paths that people copy with the host: of the "bundle alias" on the settings page, and of the APIs.
CURRENT_PATHS = ("/crm/sales/api", "/crm/sales", "/scim/v2", "")
LEGACY_PATHS = ("/api", "/scim/v2", "")
# Visible ASCII, but for `?` and `#`, which begin a query and a fragment.
PLAIN_URL = re.compile(r"[!\"$->@-~]+")
DOMAIN_REMEDY = (
    "Set `domain` to the account's name (acme), its host (acme.myfreshworks.com, acme.freshworks.com, or "
    "acme.freshsales.io for an older account), the bundle alias (acme.myfreshworks.com/crm/sales), the base "
    "URL of its API, or the https URL of one of these"
)
URL_REMEDY = "Give an https URL without user, query or fragment; http is taken for loopback addresses only"


@dataclass(frozen=True)
class Account:
    """The account that is read. `name` is the host name by `domain`, even if override URLs are set."""

    name: str
    rest_api_url: str
    scim_api_url: str


def resolve(domain: str, rest_api_url: str | None = None, scim_api_url: str | None = None) -> Account:
    """The account by its settings. Its base URLs have no slash at the end; raises ConfigurationError."""
    host = _host(domain)
    rest_path = "/api" if LEGACY_HOST.fullmatch(host) else "/crm/sales/api"
    return Account(
        name=host,
        rest_api_url=_override("rest_api_url", rest_api_url) or f"https://{host}{rest_path}",
        scim_api_url=_override("scim_api_url", scim_api_url) or f"https://{host}/scim/v2",
    )


def _host(domain: str) -> str:
    # Outside ASCII, another letter may become an ASCII letter in lower case.
    text = domain.lower() if domain.isascii() else ""
    if text.startswith("http://"):
        raise ConfigurationError("`domain` is an http URL, and credentials go over https only", DOMAIN_REMEDY)
    text = text.removeprefix("https://").removesuffix("/")
    if ACCOUNT_NAME.fullmatch(text):
        return f"{text}.myfreshworks.com"
    host, slash, path = text.partition("/")
    for hosts, paths in ((CURRENT_HOST, CURRENT_PATHS), (LEGACY_HOST, LEGACY_PATHS)):
        if hosts.fullmatch(host) and slash + path in paths:
            return host
    raise ConfigurationError("`domain` names no Freshsales account", DOMAIN_REMEDY)


def _override(setting: str, url: str | None) -> str | None:
    if not url:
        return None
    problem = ConfigurationError(
        f"`{setting}` is not a URL that a credential may be sent to", f"{URL_REMEDY}."
    )
    try:
        parts = urlsplit(url)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise problem from None
    # An empty user, query or fragment is refused as well: a path that is appended would become part of it.
    if not host or "@" in parts.netloc or not PLAIN_URL.fullmatch(url):
        raise problem
    if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)):
        return url.rstrip("/")
    raise problem


def is_loopback(host: str) -> bool:
    """Whether the host is this machine itself: `localhost`, 127.0.0.0/8 or ::1, without brackets."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
