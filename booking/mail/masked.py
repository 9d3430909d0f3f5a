"""Text that may stand in a log or a stored error: nobody's address, nothing that opens anything."""

from __future__ import annotations

import logging
import re
import sys
import threading
from types import TracebackType

LONGEST = 300
_ADDRESS = re.compile(r"(?<![^\s<>()\[\]:;,\"'@])[^\s<>()\[\]:;,\"'@]+(?:@|%40)([^\s<>()\[\]:;,\"'@]+)")
_LINK = re.compile(r"(https?://[^\s/?#]+)[^\s\"'<>]+")
_OPENS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f-]{27}\.[a-z2-7]+"  # a signed address, whole or cut short
    r"|(?<![\w-])[\w-]+\.[a-z2-7]{32,}"  # one that is for something without a UUID
    r"|booking_[\w-]{32,}",  # a program's token
    re.IGNORECASE,
)

_ROW = re.compile(r"^DETAIL: .*$", re.MULTILINE)  # what PostgreSQL tells of a row: its values


def hidden(text: str) -> str:
    """`text`, line by line as it was; of an address only the domain is left, of a link only the host."""
    return _ADDRESS.sub(r"…@\1", _OPENS.sub("…", _LINK.sub(r"\1/…", _ROW.sub("DETAIL: …", text))))


def masked(text: str) -> str:
    """The same in one line of at most 300 characters."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return hidden(" ".join(shown.split()))[:LONGEST]


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
