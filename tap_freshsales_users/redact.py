"""No secret and no control character reaches a log: the net below what the code takes care not to say."""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Iterable
from urllib.parse import quote

from tap_freshsales_users.terminal import UNPRINTABLE, printable

MASK = "***"
QUOTED_AT_MOST = 3
# Shorter ones are no credentials, and to mask them would blot out words.
SHORTEST = 4


class Redaction(logging.Formatter):
    """Masks secrets in whatever another formatter makes of a record: message, traceback, fields of JSON.

    A message is one line, whatever it repeats.
    """

    def __init__(self, inner: logging.Formatter, secrets: Iterable[str]) -> None:
        super().__init__()
        self.inner = inner
        # The longest first, so that a secret that holds another one is masked whole.
        self._secrets = sorted(
            {form for s in secrets if len(s) >= SHORTEST for form in _forms(s)}, key=len, reverse=True
        )

    def format(self, record: logging.LogRecord) -> str:
        message = record.getMessage()
        if UNPRINTABLE.search(message):
            record = copy.copy(record)
            record.msg, record.args = printable(message), None
        # The lines of a traceback stay lines.
        text = "\n".join(map(printable, self.inner.format(record).split("\n")))
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def _forms(secret: str) -> set[str]:
    """As it is, in a URL, and as Python and JSON quote it, also one within the other."""
    forms = {secret, quote(secret, safe="")}
    for _ in range(QUOTED_AT_MOST):
        forms |= {quoted(form)[1:-1] for form in forms for quoted in (repr, json.dumps)}
    return forms


def redact_logs(secrets: Iterable[str]) -> None:
    """Put the net on every handler of the root logger, in place of one that hangs there."""
    known = tuple(secrets)
    for handler in logging.getLogger().handlers:
        formatter = handler.formatter or logging.Formatter()
        handler.setFormatter(
            Redaction(formatter.inner if isinstance(formatter, Redaction) else formatter, known)
        )
