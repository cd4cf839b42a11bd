"""Singer tap for Freshsales identities: `Account` is its Python face."""

from tap_freshsales_users.account import Account

__all__ = ["Account"]
