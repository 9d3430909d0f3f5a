"""The filter of the audit log: read from an address, each mistake beside its field."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from booking.domain.administration import audit_words
from booking.domain.enums.audit import AuditAction, AuditSubject
from booking.store.queries.records.audit_list import AuditFilter
from booking.web.coordinator import filter_fields
from booking.web.coordinator.filter_fields import FieldMistake, Readers

MAX_CHARACTERS = {"from": 20, "to": 20, "by": 254, "about": 254, "action": 40, "object": 40, "one": 36}


@dataclass(frozen=True, slots=True)
class AuditForm:
    """A filter as it was typed, by field, with what it means; where `errors` has words for a field, it means nothing.

    `one` is the public id of one thing, whose lines alone are wanted; no field shows it.
    """

    typed: dict[str, str]
    wanted: AuditFilter
    errors: dict[str, str]

    @property
    def address(self) -> dict[str, str]:
        """Returns the arguments that lead here again."""
        return {name: text for name, text in self.typed.items() if text}


def read(arguments: Mapping[str, str]) -> AuditForm:
    """The filter of those arguments; everything where nothing is said."""
    typed = {name: arguments.get(name, "").strip()[:most] for name, most in MAX_CHARACTERS.items()}
    values, errors = filter_fields.read(_READERS, typed)
    typed |= {name: filter_fields.shown_day(typed[name]) for name in ("from", "to")}
    return AuditForm(typed, AuditFilter(**values), errors)


def _one(text: str) -> dict[str, uuid.UUID]:
    try:
        return {"subject_id": uuid.UUID(text)}
    except ValueError:
        raise FieldMistake("There's no such thing. Open its history from a line of the log again.") from None


_READERS: Readers = {
    "from": lambda text: {"since": filter_fields.midnight(text, "From")},
    "to": lambda text: {"until": filter_fields.midnight(text, "To", timedelta(days=1))},
    "by": lambda text: {"actor_ids": filter_fields.people(text)},
    "about": lambda text: {"about_ids": filter_fields.people(text)},
    "action": lambda text: {"action": filter_fields.chosen({one.value: one for one in AuditAction}, text, "action")},
    "object": lambda text: {"subject": filter_fields.chosen({one.value: one for one in AuditSubject}, text, "choice")},
    "one": _one,
}
ACTIONS = sorted(((one.value, words.label) for one, words in audit_words.WORDS.items()), key=lambda one: one[1])
OBJECTS = [(one.value, words) for one, words in audit_words.OBJECTS.items()]
