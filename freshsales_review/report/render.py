"""One self-contained page: nothing in it is fetched, and only what is written into it may run."""

import base64
import gzip
import hashlib
import html
import json
from importlib.resources import files
from string import Template

from freshsales_review.report import assets
from freshsales_review.report.data import Report

# In the order in which they are read; the last one starts the page.
SCRIPTS = (
    "data.js",
    "elements.js",
    "evidence.js",
    "counts.js",
    "charts.js",
    "providers.js",
    "search.js",
    "filters.js",
    "campaigns.js",
    "review.js",
    "person.js",
    "changes.js",
    "export.js",
    "main.js",
)


def render(report: Report) -> str:
    page = files(__package__) / "page"
    tables, charts = assets.tables(), assets.charts()
    own = "\n".join((page / name).read_text(encoding="utf-8") for name in SCRIPTS)
    styles = [tables.style, (page / "style.css").read_text(encoding="utf-8")]
    scripts = [_harmless(script) for script in (tables.script, charts.script, own)]
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"script-src {_hashes(scripts)}; style-src {_hashes(styles)}"
    )
    return Template((page / "template.html").read_text(encoding="utf-8")).substitute(
        policy=html.escape(policy, quote=False),
        title=html.escape(report.title),
        styles="\n".join(f"<style>{style}</style>" for style in styles),
        scripts="\n".join(f'<script type="module">{script}</script>' for script in scripts),
        payload=_payload(report),
        libraries="".join(f"<li>{html.escape(library.credit)}</li>" for library in (tables, charts)),
    )


def _payload(report: Report) -> str:
    """Gzip in base64: small, and no value in it can end its element or begin another."""
    document = json.dumps(report.as_document(), ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(document.encode(), compresslevel=6, mtime=0)).decode()


def _harmless(script: str) -> str:
    """Keep what a script holds in strings from closing its element (HTML, 4.12.1.3)."""
    return script.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _hashes(sources: list[str]) -> str:
    digests = (hashlib.sha256(source.encode()).digest() for source in sources)
    return " ".join(f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
