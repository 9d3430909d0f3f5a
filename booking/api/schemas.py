"""The shapes of /api/v1: what is sent and what is answered. Instants are RFC 3339; answers are in UTC with a Z."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, fields, validate

from booking.domain.bookings.topics import LINK_CHARACTERS, TOPIC_CHARACTERS
from booking.domain.enums.bookings import BookingStatus

#: What domain/bookings/topics.py holds a member's words to.
TOPIC = {"maxLength": TOPIC_CHARACTERS, "description": "what it is about"}
LINK = {
    "maxLength": LINK_CHARACTERS,
    "pattern": r"^(https?://[A-Za-z0-9][A-Za-z0-9.-]*(/[!-~]*)?)?$",
    "description": "a page to look at",
}
MOVING = {"description": "a booking of yours: the slots that it could move to"}
FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)


class Instant(fields.AwareDateTime):
    """An instant with its offset, in whole seconds; what lies before 2000 or after 2100 is taken as that."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE)
        try:
            found: datetime = super()._deserialize(value, attr, data, **kwargs)
        except (OverflowError, ValueError):
            raise self.make_error("invalid", input=value, obj_type=self.OBJ_TYPE) from None
        if found.year < 2000:
            return FIRST
        return found.astimezone(UTC).replace(microsecond=0) if found.year < 2100 else LAST


def _minutes(**more: Any) -> fields.Integer:
    metadata = {"description": "a length that is offered there, as `minutes` of its free slots says"}
    return fields.Integer(strict=True, validate=validate.Range(min=1, max=1440), metadata=metadata, **more)


class SlotQuery(Schema):
    """The free slots asked for: those that start in [from, to)."""

    start = Instant(data_key="from", metadata={"description": "default: now"})
    end = Instant(data_key="to", metadata={"description": "default, and at most: as far ahead as one may book"})
    minutes = fields.Integer(
        validate=validate.Range(min=1, max=1440), metadata={"description": "a length; default: the shortest offered"}
    )
    analyst = fields.UUID(metadata={"description": "only this analyst's"})
    moving = fields.UUID(metadata=MOVING)


class OccurrenceSlotQuery(Schema):
    """The free slots asked for, of one occurrence."""

    minutes = fields.String(metadata={"description": "a length; default: the shortest offered"})
    analyst = fields.String(metadata={"description": "only this analyst's"})
    moving = fields.UUID(metadata=MOVING)


class SlotSchema(Schema):
    """A slot that can be had."""

    occurrence_id = fields.UUID(required=True)
    analyst = fields.UUID(required=True)
    analyst_name = fields.String(required=True)
    starts_at = fields.DateTime(required=True)
    ends_at = fields.DateTime(required=True)
    minutes = fields.Integer(required=True)


class SlotsSchema(Schema):
    """Free slots, clinic by clinic; in each, what leaves the least unbookable time
    comes first. `next` is the address of the rest."""

    items = fields.List(fields.Nested(SlotSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class NewBookingSchema(Schema):
    """A slot to book; without an analyst whoever fits best."""

    occurrence_id = fields.UUID(required=True)
    analyst = fields.UUID(load_default=None, allow_none=True)
    starts_at = Instant(required=True)
    minutes = _minutes(required=True)
    topic = fields.String(load_default="", metadata=TOPIC)
    link = fields.String(load_default="", metadata=LINK)


class BookingChangeSchema(Schema):
    """The changes asked for: where it is (a move), or what it is about. What is left out stays."""

    occurrence_id = fields.UUID()
    analyst = fields.UUID(allow_none=True)
    starts_at = Instant()
    minutes = _minutes()
    topic = fields.String(metadata=TOPIC)
    link = fields.String(metadata=LINK)


class KeySchema(Schema):
    """A key of the sender's own: the same request sent twice is done once. Kept for 24 hours."""

    key = fields.String(data_key="Idempotency-Key", load_default="", validate=validate.Length(max=128))


class BookingsQuery(Schema):
    """The bookings asked for: mine from an instant on; for an analyst a day's."""

    start = Instant(data_key="from", metadata={"description": "those that start from here on; default: all"})
    on = fields.Date(metadata={"description": "analysts: the bookings of that day in their own zone"})


class BookingSchema(Schema):
    """A booking. `join_url` is its permanent join address, which shows the meeting link in due time."""

    id = fields.UUID(required=True)
    occurrence_id = fields.UUID(required=True)
    analyst = fields.UUID(required=True)
    analyst_name = fields.String(required=True)
    member_name = fields.String(required=True)
    starts_at = fields.DateTime(required=True)
    ends_at = fields.DateTime(required=True)
    minutes = fields.Integer(required=True)
    topic = fields.String(required=True)
    link = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf([BookingStatus.CONFIRMED, BookingStatus.CANCELLED]))
    outcome = fields.String(required=True, allow_none=True)
    is_late = fields.Boolean(required=True)
    sequence = fields.Integer(required=True)
    join_url = fields.String(required=True)


class BookingsSchema(Schema):
    """Bookings by start. `next` is the address of those that follow."""

    items = fields.List(fields.Nested(BookingSchema), required=True)
    next = fields.String(required=True, allow_none=True)


class ProblemSchema(Schema):
    """A problem document (RFC 9457). `code` never changes its meaning; the rest says what it turns on."""

    class Meta:
        unknown = "include"

    type = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True)
    title = fields.String(required=True)
    detail = fields.String(metadata={"description": "what happened, in the words of the pages"})
    nearest = fields.List(
        fields.Nested(SlotSchema), metadata={"description": "with slot-taken: the free slots nearest to it"}
    )
