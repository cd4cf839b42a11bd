"""Nothing secret reaches a log: the net below what the code itself takes care not to say."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from urllib.parse import quote

MASK = "***"


class Redaction(logging.Filter):
    """Masks secrets in every record that passes the handler it is put on, tracebacks included."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        # The longest first, so that a secret that holds another one is masked whole.
        self._secrets = sorted(
            {form for s in secrets if s for form in (s, quote(s, safe=""))}, key=len, reverse=True
        )

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        clean = self.clean(message)
        if clean != message:
            record.msg, record.args = clean, None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = self.clean(record.exc_text)
        return True

    def clean(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return text


def redact_logs(secrets: Iterable[str]) -> None:
    """Put the net on every handler of the root logger."""
    redaction = Redaction(secrets)
    for handler in logging.getLogger().handlers:
        handler.addFilter(redaction)
