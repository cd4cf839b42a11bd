"""The account's two surfaces over one budget: what the settings make of transports, gate and workers."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tap_freshsales_users.api.account import Account, resolve
from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.api.quota import Quota
from tap_freshsales_users.api.quota_gate import Gate
from tap_freshsales_users.api.surface import Surface, rest_surface, scim_surface
from tap_freshsales_users.api.transport import Transport
from tap_freshsales_users.api.wire import Bounds
from tap_freshsales_users.api.workers import Workers

# A person is a few KiB. One group may hold tens of thousands of members, and stands on a page with others.
BODY_BYTES, BODY_BYTES_A_RECORD = 16 * 1024**2, 64 * 1024


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
        return self._transport(rest_surface(self.account, self._config))

    @cached_property
    def scim(self) -> Transport:
        return self._transport(scim_surface(self.account, self._config))

    def stop(self) -> None:
        """End all waits and close the connections; requests under way are left to themselves."""
        self.clock.stop()
        self.gate.stop()
        self.workers.stop()
        for surface in ("rest", "scim"):
            if surface in self.__dict__:  # made because it was asked for
                getattr(self, surface).close()

    def _transport(self, surface: Surface) -> Transport:
        return Transport(
            surface,
            gate=self.gate,
            clock=self.clock,
            logger=self._logger,
            user_agent=self._user_agent,
            max_attempts=self._config["max_attempts"],
            bounds=Bounds(
                timeout_seconds=float(self._config["request_timeout_seconds"]),  # the SDK reads a Decimal
                body_bytes=BODY_BYTES + BODY_BYTES_A_RECORD * self._config["page_size"],
                connections=self._config["max_in_flight"],
            ),
        )
