"""The two APIs of an account: where each is, which credential it takes, and what to do if it refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tap_freshsales_users.api.account import Account
from tap_freshsales_users.api.auth import (
    API_KEY,
    SCIM_TOKEN,
    Credential,
    rest_credential,
    scim_credential,
)

JSON_TYPE = "application/json"
# RFC 7644 section 3.8 asks for the first one; some servers answer with the second one.
SCIM_TYPES = "application/scim+json, application/json"
WHERE_KEYS_ARE = (
    "The key is shown in Freshsales: your picture, Settings, API Settings. An administrator's key can read "
    "most."
)
WHERE_TOKENS_ARE = (
    "The token is made in the Freshworks admin pages, under Security. It needs the Enterprise plan, and "
    "single sign-on by SAML that works."
)
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
class Kind:
    """One of the two APIs, whichever account it belongs to."""

    name: str
    # What people call the credential, its setting, and what to do if it is not set.
    credential_name: str
    credential_setting: str
    credential_remedy: str
    credential: Callable[[Mapping[str, Any]], Credential]
    # The setting that overrides the base URL; and the base URL of an account.
    url_setting: str
    base_url: Callable[[Account], str]
    # The media types that it answers with.
    accept: str
    # What to do if it answers 403, and if it answers 404 or 501.
    permission_remedy: str
    not_found_remedy: str


REST = Kind(
    name="REST",
    credential_name="API key",
    credential_setting=API_KEY,
    credential_remedy=WHERE_KEYS_ARE,
    credential=rest_credential,
    url_setting="rest_api_url",
    base_url=lambda account: account.rest_api_url,
    accept=JSON_TYPE,
    permission_remedy=ROLE_REMEDY,
    not_found_remedy=REST_NOT_FOUND_REMEDY,
)
SCIM = Kind(
    name="SCIM",
    credential_name="SCIM token",
    credential_setting=SCIM_TOKEN,
    credential_remedy=WHERE_TOKENS_ARE,
    credential=scim_credential,
    url_setting="scim_api_url",
    base_url=lambda account: account.scim_api_url,
    accept=SCIM_TYPES,
    permission_remedy=PLAN_REMEDY,
    not_found_remedy=SCIM_NOT_FOUND_REMEDY,
)
KINDS = (REST, SCIM)


@dataclass(frozen=True, slots=True)
class Surface:
    """One API of one account."""

    kind: Kind
    base_url: str
    # The setting that decides the host of `base_url`.
    url_setting: str
    credential: Credential

    @property
    def host(self) -> str:
        """With its port, if the URL names one."""
        return urlsplit(self.base_url).netloc

    @property
    def path(self) -> str:
        return urlsplit(self.base_url).path


def surface_of(kind: Kind, account: Account, config: Mapping[str, Any]) -> Surface:
    """The surface of this kind in this account; its credential must be set."""
    return Surface(
        kind=kind,
        base_url=kind.base_url(account),
        url_setting=kind.url_setting if config.get(kind.url_setting) else "domain",
        credential=kind.credential(config),
    )
