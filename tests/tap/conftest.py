"""The tap's tests never wait: each wait of the run moves its clock."""

import pytest

from tests.tap.clocks import SkippingClock


@pytest.fixture(autouse=True)
def skip_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_freshsales_users.tap.Clock", SkippingClock)
