import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.documents import ROOT, documents
from tools.site import PAGES as BESIDE_THE_CODE

PAGES = sorted((ROOT / "docs").glob("*.md"))
DOCUMENTS = [*PAGES, *(ROOT / source for source in BESIDE_THE_CODE)]


def test_the_generated_tables_and_settings_are_those_of_the_code() -> None:
    stale = [path.name for path, text in documents().items() if path.read_text() != text]
    assert not stale, f"{stale}: run `make docs`"


def test_every_make_target_of_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for name in ("README.md", "CONTRIBUTING.md"):
        for target in re.findall(r"`make ([a-z-]+)`", (ROOT / name).read_text()):
            assert target in targets, f"{name} speaks of `make {target}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_that_a_document_links_to_is_there(document: Path) -> None:
    for target in re.findall(r"\]\((?!https?://|#|mailto:)([^)#]+)", document.read_text()):
        assert (document.parent / target).exists(), target


def test_the_documents_build_as_a_site_without_a_broken_link(tmp_path: Path) -> None:
    """`strict` makes an error of each warning, such as that of a link to a heading that is not there."""
    mkdocs = Path(sys.executable).with_name("mkdocs")
    site = tmp_path / "site"
    built = subprocess.run(
        [str(mkdocs), "build", "--quiet", "--site-dir", str(site)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    pages = {page.name: page.read_text() for page in site.glob("*.html")}
    names = {*BESIDE_THE_CODE.values(), *(page.name for page in PAGES)}
    assert pages.keys() >= {name.replace(".md", ".html") for name in names}
    for name, text in pages.items():
        loaded = re.findall(r"<(?:script|img|link rel=.stylesheet.) [^>]*https?:", text)
        assert not loaded, f"{name} loads something from another host"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150
