"""The two surfaces of an account, and the quota that they share, as the settings describe them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from tap_freshsales_users.api.account import Account, resolve
from tap_freshsales_users.api.clock import Clock
from tap_freshsales_users.api.quota import Quota
from tap_freshsales_users.api.quota_gate import QuotaGate
from tap_freshsales_users.api.surface import Kind, surface_of
from tap_freshsales_users.api.transport import Context, Transport
from tap_freshsales_users.api.wire import Bounds
from tap_freshsales_users.api.workers import Workers

# A person takes a few KiB. A group may have tens of thousands of members, and a page has many groups.
BODY_BYTES, BODY_BYTES_A_RECORD = 16 * 1024**2, 64 * 1024


class Api:
    """The two surfaces of one account. `config` has the settings of the tap, with their defaults."""

    def __init__(
        self, config: Mapping[str, Any], user_agent: str, clock: Clock, logger: logging.Logger
    ) -> None:
        self._config = config
        self.clock = clock
        self.workers = Workers(config["max_in_flight"])
        quota = Quota(
            requests_per_hour=config["requests_per_hour"],
            requests_per_minute=config["requests_per_minute"],
            reserve=config["quota_reserve"],
            max_wait_seconds=config["max_quota_wait_seconds"],
        )
        self.quota_gate = QuotaGate(quota, clock, logger)
        self._context = Context(
            quota_gate=self.quota_gate,
            clock=clock,
            logger=logger,
            user_agent=user_agent,
            max_attempts=config["max_attempts"],
            bounds=Bounds(
                timeout_seconds=float(config["request_timeout_seconds"]),  # the SDK reads a Decimal
                body_bytes=BODY_BYTES + BODY_BYTES_A_RECORD * config["page_size"],
                connections=config["max_in_flight"],
            ),
        )
        self._transports: dict[Kind, Transport] = {}

    @cached_property
    def account(self) -> Account:
        config = self._config
        return resolve(config["domain"], config.get("rest_api_url"), config.get("scim_api_url"))

    def transport(self, kind: Kind) -> Transport:
        """The one transport of this surface, made when it is first asked for."""
        if kind not in self._transports:
            surface = surface_of(kind, self.account, self._config)
            self._transports[kind] = Transport(surface, self._context)
        return self._transports[kind]

    def stop(self) -> None:
        """End all waits and close the connections. Nobody waits for requests that are under way."""
        self.clock.stop()
        self.quota_gate.stop()
        self.workers.stop()
        for transport in self._transports.values():
            transport.close()
