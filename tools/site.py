"""MkDocs hooks: documents beside the code become pages, and the links between all of them work.

Each text has one place. Most pages are in `docs/`. README.md and others stay where readers of the repository
look for them. A link to a file that is no page leads to a copy of that file in the site.
"""

import posixpath
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
# The path of a document in the repository, and in the site.
PAGES = {
    "README.md": "index.md",
    "transform/README.md": "marts.md",
    "transform/DECISIONS.md": "decisions.md",
    "fleet/README.md": "fleet.md",
    "dashboards/superset/README.md": "dashboard.md",
    "SECURITY.md": "security.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/RESULTS.md": "speed.md",
}
# A link to a place in the repository: its label, and its target without the part from `#` on.
LINK = re.compile(r"\[((?:`[^`]*`|[^\]`])*)\]\((?!https?://|mailto:|#)([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the documents that lie outside of `docs/`, and every file that a document links to."""
    for source, place in PAGES.items():
        files.append(File.generated(config, place, content=(ROOT / source).read_text()))
    for document in list(files.documentation_pages()):
        for _, target in LINK.findall(document.content_string):
            source = _source(document, target)
            if (ROOT / source).is_file() and files.get_file_from_path(_place(source)) is None:
                files.append(File.generated(config, _place(source), abs_src_path=str(ROOT / source)))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """Turn links of the repository into links of the site."""

    def rewritten(link: re.Match[str]) -> str:
        label, target = link.groups()
        place = _place(_source(page.file, target))
        return f"[{label}]({posixpath.relpath(place, posixpath.dirname(page.file.src_uri))}"

    return LINK.sub(rewritten, markdown)


def _source(page: File, target: str) -> str:
    """The path of the target of a link on a page, from the root of the repository."""
    sources = {place: source for source, place in PAGES.items()}
    document = sources.get(page.src_uri, f"docs/{page.src_uri}")
    return posixpath.normpath(posixpath.join(posixpath.dirname(document), target))


def _place(source: str) -> str:
    return PAGES.get(source) or (
        source.removeprefix("docs/") if source.startswith("docs/") else f"files/{source}"
    )
