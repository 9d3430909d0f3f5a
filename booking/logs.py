"""Logging: to standard error, with email addresses and secret addresses masked."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from booking.mail.masked import hidden


class Masking(logging.Filter):
    """Masks what is logged, traceback and all, whatever handler writes it afterwards."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # its words do not fit its arguments: say the words
            text = str(record.msg)
        record.msg, record.args = hidden(text), ()
        if record.exc_info:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = hidden(record.exc_text)
        return True


MASKING = Masking()
log = logging.getLogger("booking")


def begin(level: int) -> None:
    """Write this process's logs to standard error, masked; and what nobody catches, likewise."""
    logging.basicConfig(level=level, format="%(name)s: %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(MASKING)
    sys.excepthook = _uncaught
    threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value or told.exc_type(), told.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, Exception):
        log.critical("ended by an error", exc_info=(kind, error, trace))
    elif not issubclass(kind, SystemExit):
        sys.__excepthook__(kind, error, trace)
