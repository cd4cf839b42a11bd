import re

import pytest

from tools.documents import ROOT, documents


def test_the_generated_tables_and_settings_are_those_of_the_code() -> None:
    stale = [path.name for path, text in documents().items() if path.read_text() != text]
    assert not stale, f"{stale}: run `make docs`"


def test_every_make_target_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"`make ([a-z-]+)`", (ROOT / name).read_text()):
            assert target in targets, f"{name} speaks of `make {target}`"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_every_file_that_a_document_links_to_is_there(name: str) -> None:
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", (ROOT / name).read_text()):
        assert (ROOT / target).exists(), target
