class FleetError(Exception):
    """One sentence on what went wrong and what to do."""


class InventoryError(FleetError):
    """The inventory cannot be used; nothing was run."""
