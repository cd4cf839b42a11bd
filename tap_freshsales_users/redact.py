"""Keeps secrets and control characters out of the log.

The code does not log secrets. This is the second line of defence, for texts of other libraries.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterable
from urllib.parse import quote

from tap_freshsales_users.terminal import UNPRINTABLE, printable

MASK = "***"
QUOTED_AT_MOST = 3
# Shorter texts are not credentials, and masking them would mask parts of words.
SHORTEST = 4


class Redaction(logging.Formatter):
    """Masks secrets in the output of another formatter: in the message, the traceback and fields of JSON.

    A message stays on one line, whatever text it repeats.
    """

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self.inner = inner
        # The longest first: if one secret contains another, it is masked as a whole.
        self._secrets = sorted(
            {form for s in secrets if len(s) >= SHORTEST for form in _forms(s)}, key=len, reverse=True
        )

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if UNPRINTABLE.search(message):
            record = copy.copy(record)
            record.msg, record.args = printable(message), None
        # A traceback keeps its lines.
        text = "\n".join(map(printable, self.inner.format(record).split("\n")))
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def _forms(secret: str) -> set[str]:
    """The secret as it is, as it stands in a URL, and as Python and JSON quote it, also nested."""
    forms = {secret, quote(secret, safe="")}
    for _ in range(QUOTED_AT_MOST):
        forms |= {quoted(form)[1:-1] for form in forms for quoted in (repr, json.dumps)}
    return forms


def redact_logs(secrets: Iterable[str]) -> None:
    """Set this formatter on every handler of the root logger; it replaces an earlier one."""
    known = tuple(secrets)
    for handler in logging.getLogger().handlers:
        formatter = handler.formatter or logging.Formatter()
        handler.setFormatter(
            Redaction(formatter.inner if isinstance(formatter, Redaction) else formatter, known)
        )
