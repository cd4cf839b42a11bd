"""The account's two surfaces over one budget: what the settings make of transports, gate and workers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tap_freshsales_users.api.account import Account, resolve
from tap_freshsales_users.api.auth import Credential, api_key_credential, scim_credential
from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.api.quota import Quota
from tap_freshsales_users.api.quota_gate import Gate
from tap_freshsales_users.api.transport import Transport
from tap_freshsales_users.api.workers import Workers

JSON_TYPE = "application/json"
# RFC 7644 section 3.8, and what is met in the wild.
SCIM_TYPES = "application/scim+json, application/json"
# A person is a few KiB. One group may hold tens of thousands of members, and stands on a page with others.
BODY_BYTES, BODY_BYTES_A_RECORD = 16 * 1024**2, 64 * 1024
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


class Api:
    def __init__(
        self, config: Mapping[str, Any], user_agent: str, clock: Clock, logger: logging.Logger
    ) -> None:
        self._config = config
        self._user_agent = user_agent
        self.clock = clock
        self._logger = logger
        self.workers = Workers(config["max_in_flight"])
        quota = Quota(
            requests_per_hour=config["requests_per_hour"],
            requests_per_minute=config["requests_per_minute"],
            reserve=config["quota_reserve"],
            max_wait_seconds=config["max_quota_wait_seconds"],
        )
        self.gate = Gate(quota, clock, logger)

    @cached_property
    def account(self) -> Account:
        config = self._config
        return resolve(config["domain"], config.get("rest_api_url"), config.get("scim_api_url"))

    @cached_property
    def rest(self) -> Transport:
        return self._transport(
            self.account.rest_api_url,
            api_key_credential(self._config["api_key"], self._config["api_auth"]),
            JSON_TYPE,
            permission_remedy=ROLE_REMEDY,
            not_found_remedy=REST_NOT_FOUND_REMEDY,
        )

    @cached_property
    def scim(self) -> Transport:
        return self._transport(
            self.account.scim_api_url,
            scim_credential(self._config["scim_token"]),
            SCIM_TYPES,
            permission_remedy=PLAN_REMEDY,
            not_found_remedy=SCIM_NOT_FOUND_REMEDY,
        )

    def stop(self) -> None:
        """End all waits and close the connections; requests under way are left to themselves."""
        self.clock.stop()
        self.gate.stop()
        self.workers.stop()
        for surface in ("rest", "scim"):
            if surface in self.__dict__:  # made because it was asked for
                getattr(self, surface).close()

    def _transport(
        self,
        base_url: str,
        credential: Credential,
        accept: str,
        *,
        permission_remedy: str,
        not_found_remedy: str,
    ) -> Transport:
        return Transport(
            base_url,
            credential,
            headers={"Accept": accept, "Accept-Encoding": "gzip, deflate", "User-Agent": self._user_agent},
            permission_remedy=permission_remedy,
            not_found_remedy=not_found_remedy,
            gate=self.gate,
            clock=self.clock,
            logger=self._logger,
            timeout_seconds=float(self._config["request_timeout_seconds"]),  # the SDK reads a Decimal
            max_attempts=self._config["max_attempts"],
            connections=self._config["max_in_flight"],
            max_body_bytes=BODY_BYTES + BODY_BYTES_A_RECORD * self._config["page_size"],
        )
