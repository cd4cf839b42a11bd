"""One of the account's two APIs: where it is, what opens it, and what to do where it does not answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tap_freshsales_users.api.account import Account
from tap_freshsales_users.api.auth import Credential, api_key_credential, scim_credential

JSON_TYPE = "application/json"
# RFC 7644 section 3.8, and what is met in the wild.
SCIM_TYPES = "application/scim+json, application/json"
PLAN_REMEDY = (
    "SCIM needs the Enterprise plan and SAML SSO set up first: check both, and that the token was made in "
    "the admin settings of this account."
)
ROLE_REMEDY = (
    "The role of the key's owner may not read this list: use an administrator's API key, or deselect the "
    "stream."
)
REST_NOT_FOUND_REMEDY = (
    "Check `domain` (older accounts live under NAME.freshsales.io), or set `rest_api_url`."
)
SCIM_NOT_FOUND_REMEDY = (
    "Either SCIM is not enabled (it needs the Enterprise plan and SAML SSO), or it lives on another host: "
    "set `scim_api_url` to the base URL that the admin settings show."
)


@dataclass(frozen=True, slots=True)
class Surface:
    base_url: str
    # The setting that decides the host of `base_url`.
    url_setting: str
    credential: Credential
    credential_setting: str
    # The media types that it answers with.
    accept: str
    permission_remedy: str
    not_found_remedy: str

    @property
    def host(self) -> str:
        """With its port, where the URL names one."""
        return urlsplit(self.base_url).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.base_url).path


def rest_surface(account: Account, config: Mapping[str, Any]) -> Surface:
    return Surface(
        base_url=account.rest_api_url,
        url_setting="rest_api_url" if config.get("rest_api_url") else "domain",
        credential=api_key_credential(config["api_key"], config["api_auth"]),
        credential_setting="api_key",
        accept=JSON_TYPE,
        permission_remedy=ROLE_REMEDY,
        not_found_remedy=REST_NOT_FOUND_REMEDY,
    )


def scim_surface(account: Account, config: Mapping[str, Any]) -> Surface:
    return Surface(
        base_url=account.scim_api_url,
        url_setting="scim_api_url" if config.get("scim_api_url") else "domain",
        credential=scim_credential(config["scim_token"]),
        credential_setting="scim_token",
        accept=SCIM_TYPES,
        permission_remedy=PLAN_REMEDY,
        not_found_remedy=SCIM_NOT_FOUND_REMEDY,
    )
