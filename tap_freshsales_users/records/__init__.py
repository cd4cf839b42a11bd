"""An item of the API becomes a record of a stream."""
