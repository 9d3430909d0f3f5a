"""An invitation for one booking that starts sooner than its member's calendar fetches: offered, and sent."""

from __future__ import annotations

from flask import flash, redirect
from flask.typing import ResponseReturnValue

from booking.domain import wording
from booking.domain.meetings import Appointment
from booking.domain.people.actor import Actor
from booking.services.bookings.invite import invite as invite_member
from booking.store.queries.feeds import calendar_fetches
from booking.web.frame import context


def too_soon(appointment: Appointment) -> str:
    """Why the calendar that fetches this booking may not show it in time; empty where it will, or one has gone."""
    now = context.now()
    if appointment.is_invited:
        return ""
    seen = calendar_fetches.of_member(context.db(), appointment.member_public_id)
    if seen is None or not seen.may_miss(appointment.starts_at, now):
        return ""
    silence = seen.silence(now)
    if silence is not None:
        return f"Your calendar hasn’t updated for {wording.rough(silence)}, so it may not show this booking in time."
    if seen.usual is None:
        return "Your calendar can take a day to update, and this booking starts sooner."
    every = wording.rough(seen.usual).removeprefix(f"1{wording.NBSP}")
    return f"Your calendar updates about every {every}, and this booking starts sooner."


def invite(appointment: Appointment, show: str, actor: Actor) -> ResponseReturnValue:
    """POST: send it, and go back to `show`, the booking's page."""
    invite_member(context.acting(actor), appointment.public_id)
    flash("We’ve emailed you an invitation for your calendar.")
    return redirect(show, 303)
