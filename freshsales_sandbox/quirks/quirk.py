"""A quirk: one way in which a real server may differ from the documented one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from freshsales_sandbox.directory import Directory
from freshsales_sandbox.layers import Layer

Surface = Literal["rest", "scim", "quota"]


@dataclass(frozen=True, slots=True)
class Quirk:
    name: str
    says: str
    # Each sandbox gets a new layer, because some layers remember something.
    make: Callable[[Directory], Layer]

    @property
    def surface(self) -> Surface:
        """Its place: `quota` is outside of the quota, the others are between the quota and the surfaces."""
        if self.name.startswith("quota-"):
            return "quota"
        return "scim" if self.name.startswith("scim-") else "rest"


def plain(name: str, says: str, layer: Layer) -> Quirk:
    """A quirk that remembers nothing and needs no directory."""
    return Quirk(name, says, lambda directory: layer)  # noqa: ARG005
