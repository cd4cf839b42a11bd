"""The scripts and styles of the libraries, from the installed packages."""

import re
from dataclasses import dataclass
from functools import cache
from importlib.metadata import Distribution, distribution
from pathlib import Path

import vl_convert

from freshsales_review.errors import ReviewError


@dataclass(frozen=True)
class Library:
    """A script (an ES module that needs no other file), its style, and the credit for its authors."""

    script: str
    style: str
    credit: str


def tables() -> Library:
    """DataTables, as itables brings it; the page finds it as `DataTable`."""
    package = distribution("itables")
    script = _read(package, "itables/html/dt_bundle.js")
    # The bundle expects to be imported from an address. Written into the page, it has no address.
    exported = re.search(r"export\{(?P<names>[^{}]*)\};?", script)
    constructor = exported and re.search(r"(?P<local>[\w$]+) as default", exported["names"])
    if exported is None or constructor is None:
        raise ReviewError(
            f"itables {package.version} holds DataTables in a form not known here: install itables 2.9."
        )
    script = script.replace(exported.group(), f"globalThis.DataTable={constructor['local']};")
    version = re.search(r"! DataTables (\d[.\d]*)", script)
    return Library(
        script=script,
        style=_read(package, "itables/html/dt_bundle.css"),
        credit=f"DataTables {version[1] if version else ''} with its extensions, jQuery and JSZip (all MIT), "
        f"from itables {package.version} (MIT)",
    )


@cache
def charts() -> Library:
    """Vega, Vega-Lite and vega-embed, as vl-convert brings them; the page finds them as `vegaEmbed`."""
    version = vl_convert.get_vegalite_versions()[-1]
    return Library(
        script=vl_convert.javascript_bundle("globalThis.vegaEmbed = vegaEmbed;", vl_version=version),
        style="",
        credit=f"Vega {vl_convert.get_vega_version()}, Vega-Lite {version} and vega-embed "
        f"{vl_convert.get_vega_embed_version()} (BSD 3-Clause), "
        f"from vl-convert {distribution('vl-convert-python').version} (BSD 3-Clause)",
    )


def _read(package: Distribution, path: str) -> str:
    return Path(str(package.locate_file(path))).read_text(encoding="utf-8")
