"""The two credentials, as the header that carries them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any


class Credential:
    """An `Authorization` value, with the other forms to try where the first is refused."""

    def __init__(self, *forms: str) -> None:
        self._forms = list(forms)

    @property
    def authorization(self) -> str:
        return self._forms[0]

    def try_next_form(self) -> bool:
        """Whether another form was left; it is used from then on."""
        if len(self._forms) == 1:
            return False
        self._forms.pop(0)
        return True


def api_key_credential(api_key: str, api_auth: str) -> Credential:
    """REST: `Token token=KEY`, or HTTP Basic.

    The document describes Basic in two ways that exclude each other: the key as user name with any password,
    and `X-API-KEY:KEY`. The first is sent; the second where the first is refused.
    """
    if api_auth == "token":
        return Credential(f"Token token={api_key}")
    return Credential(*_basic_forms(api_key))


def scim_credential(scim_token: str) -> Credential:
    return Credential(f"Bearer {scim_token}")


def secrets_of(config: Mapping[str, Any]) -> list[str]:
    """What must not be seen in any output, encoded forms included."""
    api_key = config.get("api_key")
    given = (api_key, config.get("scim_token"), config.get("pseudonym_key"))
    secrets = [secret for secret in given if isinstance(secret, str)]
    if isinstance(api_key, str):
        secrets += [form.removeprefix("Basic ") for form in _basic_forms(api_key)]
    return secrets


def _basic_forms(api_key: str) -> tuple[str, str]:
    return basic(api_key, "X"), basic("X-API-KEY", api_key)


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
