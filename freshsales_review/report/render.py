"""Writes a self-contained page: it loads nothing, and runs only scripts that are in it."""

import base64
import gzip
import hashlib
import html
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any

from freshsales_review.report import assets
from freshsales_review.report.data import Report

# In the order in which the browser runs them; the last one starts the page.
SCRIPTS = (
    "data.js",
    "elements.js",
    "evidence.js",
    "counts.js",
    "charts.js",
    "providers.js",
    "search.js",
    "filters.js",
    "left_out.js",
    "campaigns.js",
    "review.js",
    "person.js",
    "changes.js",
    "export.js",
    "main.js",
)


@dataclass(frozen=True)
class Parts:
    """The parts that every page has. Most of a page is libraries, so they are packed like its data."""

    style: str
    unpack: str
    packed: str
    policy: str
    credits: str


@cache
def parts() -> Parts:
    """The style, the scripts and the policy of a page."""
    page = files(__package__) / "page"
    tables, charts = assets.tables(), assets.charts()
    own = "\n".join((page / name).read_text(encoding="utf-8") for name in SCRIPTS)
    style, unpack = ((page / name).read_text(encoding="utf-8") for name in ("style.css", "unpack.js"))
    styles, scripts = [tables.style], [tables.script, charts.script, own]
    return Parts(
        style,
        unpack,
        _packed({"styles": styles, "scripts": scripts}),
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"script-src {_hashes([unpack, *scripts])}; style-src {_hashes([style, *styles])}",
        "".join(f"<li>{html.escape(library.credit)}</li>" for library in (tables, charts)),
    )


def render(report: Report) -> str:
    """The page of a report, as HTML."""
    common = parts()
    template = (files(__package__) / "page" / "template.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        policy=html.escape(common.policy, quote=False),
        title=html.escape(report.title),
        style=common.style,
        unpack=common.unpack,
        parts=common.packed,
        payload=_packed(report.as_document()),
        libraries=common.credits,
    )


def _packed(document: Mapping[str, Any]) -> str:
    """Gzip in base64. It is small, and no value in it can end its HTML element or begin another one."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _hashes(sources: list[str]) -> str:
    digests = (hashlib.sha256(source.encode()).digest() for source in sources)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
