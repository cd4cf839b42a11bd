"""A test's name is one sentence that a reader takes in at a glance."""

import re

from tools.documents import ROOT

LONGEST = 70


def test_no_test_name_is_longer_than_70_characters() -> None:
    for path in (ROOT / "tests").rglob("test_*.py"):
        for name in re.findall(r"^ *def (test_\w+)", path.read_text(), re.MULTILINE):
            assert len(name) <= LONGEST, f"{path.name}: {name}"
