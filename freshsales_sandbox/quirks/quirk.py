"""What a quirk is: one way in which a real server may differ from the documented one."""

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
    # Layers that remember something are made anew for each sandbox.
    make: Callable[[Directory], Layer]

    @property
    def surface(self) -> Surface:
        """Where it lies: `quota` ones lie outside the meter, the others between it and the surfaces."""
        if self.name.startswith("quota-"):
            return "quota"
        return "scim" if self.name.startswith("scim-") else "rest"


def plain(name: str, says: str, layer: Layer) -> Quirk:
    """Return a quirk that remembers nothing and needs no directory."""
    return Quirk(name, says, lambda directory: layer)  # noqa: ARG005
