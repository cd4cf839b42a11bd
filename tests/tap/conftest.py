"""The tap's tests never wait: each wait of the run moves its clock."""

import pytest
import trustme
from hypothesis import settings

from tests.tap.clocks import SkippingClock

# How fast an example runs says nothing on a machine that runs others beside it.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def skip_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_freshsales_users.session.Clock", SkippingClock)


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the run waited, each time."""
    waits: list[float] = []

    class Kept(SkippingClock):
        def __init__(self) -> None:
            super().__init__()
            self.waits = waits

    monkeypatch.setattr("tap_freshsales_users.session.Clock", Kept)
    return waits


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Signs the certificates of the servers in the tests."""
    return trustme.CA()
