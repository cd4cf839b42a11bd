"""The SDK's own standard tests of a tap, against a sandbox."""

from collections.abc import Iterator
from typing import Any

import pytest
from singer_sdk.testing import SuiteConfig, get_tap_test_class

from freshsales_sandbox.app import Sandbox
from tap_freshsales_users.tap import TapFreshsalesUsers

# Taps are made of this as tests are collected, when no sandbox is there yet: its URLs come later.
CONFIG: dict[str, Any] = {
    "domain": "acme",
    "api_key": "not-yet",
    "scim_token": "not-yet",
    "owned_records": "all",
}
# Fewer than some streams have, so that a read is broken off as well.
LIMIT = 50

StandardTests: type = get_tap_test_class(
    TapFreshsalesUsers,
    config=CONFIG,
    suite_config=SuiteConfig(max_records_limit=LIMIT),
    parse_env_config=False,
)


@pytest.fixture(scope="module", autouse=True)
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(people=80, quirks=("rest-unlisted-fields",), quota=None) as sandbox:
        CONFIG.update(sandbox.config)
        yield sandbox


# A profile says nothing that no column names: there is nothing to test in its JSON column.
@pytest.mark.filterwarnings("ignore:No records were available to test:UserWarning")
class TestStandard(StandardTests):  # type: ignore[misc]
    """Forty-odd columns and nine streams: each of them a case."""
