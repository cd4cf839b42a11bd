"""The quirks: all ways in which a server may differ from the documented one. Each is a layer with a name."""

from __future__ import annotations

from collections.abc import Collection

from freshsales_sandbox.directory import Directory
from freshsales_sandbox.layers import Layer
from freshsales_sandbox.quirks import front, quota, rest, rest_search, scim_answers, scim_paging, scim_shape
from freshsales_sandbox.quirks.quirk import Quirk

# The order in which several quirks are combined, the outermost first.
QUIRKS: dict[str, Quirk] = {
    quirk.name: quirk
    for module in (quota, front, rest, rest_search, scim_shape, scim_answers, scim_paging)
    for quirk in module.QUIRKS
}


def layers_of(names: Collection[str], directory: Directory) -> tuple[list[Layer], list[Layer]]:
    """The layers outside of the quota, and those inside of it.

    Raises ValueError for a name that is no quirk.
    """
    for name in names:
        if name not in QUIRKS:
            raise ValueError(f"there is no quirk {name!r}: --quirk list names them all")
    chosen = [quirk for quirk in QUIRKS.values() if quirk.name in names]
    outside = [quirk.make(directory) for quirk in chosen if quirk.surface == "quota"]
    inside = [quirk.make(directory) for quirk in chosen if quirk.surface != "quota"]
    return outside, inside
