"""The two credentials, and the `Authorization` header for each."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from typing import Any

# What a header may carry (RFC 9110 section 5.5), but for spaces: no credential and no address has one.
VISIBLE_ASCII = re.compile(r"[!-~]+")
# The settings that hold the two credentials.
API_KEY, SCIM_TOKEN = "api_key", "scim_token"


class Credential:
    """A value for `Authorization`, and other forms to try if the first one is refused."""

    def __init__(self, *forms: str) -> None:
        self._forms = list(forms)

    @property
    def authorization(self) -> str:
        return self._forms[0]

    def try_next_form(self) -> bool:
        """Use the next form from now on; False if there is none."""
        if len(self._forms) == 1:
            return False
        self._forms.pop(0)
        return True


def rest_credential(config: Mapping[str, Any]) -> Credential:
    """REST: `Token token=KEY`, or HTTP Basic, as the setting `api_auth` says.

    The document of the API describes Basic in two ways that exclude each other: the key as user name with any
    password, and `X-API-KEY:KEY`. The first is sent. If it is refused, the second is sent from then on.
    """
    if config["api_auth"] == "token":
        return Credential(f"Token token={config[API_KEY]}")
    return Credential(*_basic_forms(config[API_KEY]))


def scim_credential(config: Mapping[str, Any]) -> Credential:
    """SCIM: a bearer token (RFC 6750)."""
    return Credential(f"Bearer {config[SCIM_TOKEN]}")


def secrets_of(config: Mapping[str, Any]) -> list[str]:
    """The texts that no output may show: the secret settings, also as HTTP Basic encodes them."""
    api_key = config.get(API_KEY)
    given = (api_key, config.get(SCIM_TOKEN), config.get("pseudonym_key"))
    secrets = [secret for secret in given if isinstance(secret, str)]
    if isinstance(api_key, str):
        secrets += [form.removeprefix("Basic ") for form in _basic_forms(api_key)]
    return secrets


def _basic_forms(api_key: str) -> tuple[str, str]:
    return basic(api_key, "X"), basic("X-API-KEY", api_key)


def basic(user: str, password: str) -> str:
    """The value of a header for HTTP Basic (RFC 7617), in UTF-8."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
