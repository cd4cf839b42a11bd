"""The bundle, compared with what it needs: the marts that are published, and the pins of its environment."""

import re
from pathlib import Path

from dashboards.superset.home import ASSETS
from dashboards.superset.publish import SCHEMA
from freshsales_review.report.queries import MARTS

FOLDER = ASSETS.parent


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", path.read_text(), re.MULTILINE))


def test_the_dashboard_reads_only_marts_that_are_published() -> None:
    texts = [path.read_text() for path in (ASSETS / "datasets").rglob("*.yaml")]
    read = {name for text in texts for name in re.findall(rf"{SCHEMA}\.(\w+)", text)}
    assert "access_review" in read
    assert read <= set(MARTS)


def test_every_asset_has_an_id_of_its_own() -> None:
    assets = [path for path in ASSETS.rglob("*.yaml") if path.name != "metadata.yaml"]
    ids = [re.findall(r"^uuid: (\S+)$", path.read_text(), re.MULTILINE) for path in assets]
    assert all(len(found) == 1 for found in ids)
    assert len({found[0] for found in ids}) == len(assets) == 36


def test_constraints_pin_every_required_release_without_an_address() -> None:
    constraints = pins(FOLDER / "constraints.txt")
    required = pins(FOLDER / "requirements.txt")
    assert required
    assert required.items() <= constraints.items()
    assert constraints["duckdb"].startswith("1.")
    assert "://" not in (FOLDER / "constraints.txt").read_text()
