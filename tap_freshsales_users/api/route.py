"""How requests get to a host: the proxy and the certificate authorities, as the environment names them."""

from __future__ import annotations

import os
import re
import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import requests

from tap_freshsales_users.api.account import is_loopback
from tap_freshsales_users.api.auth import basic
from tap_freshsales_users.api.surface import Surface

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXY_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
PROXY_SCHEMES = ("http", "https")
HTTPS_PORT = 443
WITH_SCHEME = re.compile(r"[A-Za-z0-9+.-]*:/")


class UnusableRouteError(Exception):
    """A setting of this machine makes it impossible to send anything."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy by which a host is reached."""

    # Without user and password.
    url: str
    # The value of `Proxy-Authorization`, which only the proxy gets.
    authorization: str | None
    # The variable, or the system setting, that names it.
    source: str

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc


@dataclass(frozen=True, slots=True)
class Route:
    """The way to the host of a surface: directly or by a proxy, with or without TLS."""

    base_url: str
    # The host with its port, and the setting that names the host.
    host: str
    host_setting: str
    proxy: Proxy | None
    # None for plain http.
    trust: ssl.SSLContext | None
    # The variable that names the certificate authorities, or could name them.
    bundle_variable: str

    @property
    def host_and_port(self) -> str:
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port or HTTPS_PORT}"


def find_route(surface: Surface) -> Route:
    """The route to the host of a surface; raises UnusableRouteError."""
    variable = next((name for name in BUNDLE_VARIABLES if os.environ.get(name)), None)
    is_tls = surface.base_url.startswith("https:")
    return Route(
        base_url=surface.base_url,
        host=surface.host,
        host_setting=surface.url_setting,
        proxy=_find_proxy(surface.base_url),
        trust=_find_trust(variable) if is_tls else None,
        bundle_variable=variable or BUNDLE_VARIABLES[0],
    )


def _find_proxy(base_url: str) -> Proxy | None:
    # Plain http is only for this machine. A proxy would get the credentials in clear text.
    if is_loopback(urlsplit(base_url).hostname or ""):
        return None
    address = requests.utils.select_proxy(base_url, requests.utils.get_environ_proxies(base_url))
    if not address:
        return None
    variable = next((name for name in PROXY_VARIABLES if os.environ.get(name) == address), None)
    source = f"`{variable}`" if variable else "the proxy settings of this system"
    unusable = UnusableRouteError(
        f"the proxy address of {source} cannot be used",
        "Write it as http://HOST:PORT, or https://HOST:PORT for a proxy that itself speaks TLS, with "
        "USER:PASSWORD@ before the host where it asks for them; or unset it. `NO_PROXY` names hosts that "
        "need no proxy.",
    )
    try:
        parts = urlsplit(address if WITH_SCHEME.match(address) else f"http://{address}")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        raise unusable from None
    host = parts.hostname
    if parts.scheme not in PROXY_SCHEMES or not host or not host.isprintable() or " " in address:
        raise unusable
    has_user = parts.username is not None
    return Proxy(
        url=f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}",
        authorization=basic(unquote(parts.username or ""), unquote(parts.password or ""))
        if has_user
        else None,
        source=source,
    )


def _find_trust(variable: str | None) -> ssl.SSLContext:
    path = os.environ[variable] if variable else requests.utils.DEFAULT_CA_BUNDLE_PATH
    source = f"`{variable}`" if variable else "the list of authorities that Python's certifi brings"
    remedy = (
        f"Set {source} to a PEM file with the certificates of all authorities to trust, or unset it."
        if variable
        else "Install the package certifi again."
    )
    try:
        if Path(path).is_dir():
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        what = "is no PEM file with certificates"
    except FileNotFoundError:
        what = "does not exist"
    except (OSError, ValueError):
        what = "cannot be read"
    raise UnusableRouteError(f"the file that {source} names {what}", remedy)
