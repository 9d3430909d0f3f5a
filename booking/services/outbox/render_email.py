"""Write an email from its row: who reads it, the addresses it carries, its words, the invitation that goes along."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from typing import Any

from booking.calendars.addresses import Addresses
from booking.calendars.entries import Publisher
from booking.calendars.invitations import Party, invitation
from booking.domain import tokens
from booking.domain.enums.bookings import CancelledBy
from booking.domain.enums.emails import EmailName, EmailPreference
from booking.domain.enums.planning import LineKind
from booking.domain.meetings import Appointment, Meeting
from booking.domain.organisation import Organisation
from booking.mail.compose import Attached, Sender, compose
from booking.mail.render import Recipient, Rendered, render
from booking.settings import Settings
from booking.store.outbox.emails import OutgoingEmail
from booking.store.people.people import Person

#: What goes out by itself, and the preference that ends it.
UNSUBSCRIBED = {
    EmailName.REMINDER: EmailPreference.REMINDERS,
    EmailName.REMINDER_ENROLLED: EmailPreference.REMINDERS,
    EmailName.DAILY_AGENDA: EmailPreference.DAILY_AGENDA,
}
CANCELLING = {EmailName.CANCELLED: CancelledBy.MEMBER, EmailName.CANCELLED_BY_US: CancelledBy.STAFF}


@dataclass(frozen=True, slots=True)
class EmailOrigin:
    """Where emails come from. `uid_domain` is the stored one, that UIDs and Message-IDs are made with; None before."""

    settings: Settings
    organisation: Organisation
    uid_domain: str | None

    @property
    def sender(self) -> Sender:
        found = self.settings
        return Sender(self.organisation.name, found.mail_from, found.reply_address, self.uid_domain or found.host)


def message_of(email: OutgoingEmail, person: Person | None, origin: EmailOrigin, now: datetime) -> EmailMessage:
    """The email as it leaves `now`: the same each time but for its Date and for the reader's name and zone.

    Raises UnusableRecipient.
    """
    settings, organisation, sender = origin.settings, origin.organisation, origin.sender
    recipient = recipient_of(email, person)
    rendered = render_email(email, person, settings, organisation)
    carried = invitations_of(email, recipient, sender, settings, organisation)
    unsubscribe = unsubscribe_of(email, person, settings)
    return compose(rendered, recipient, sender, email.public_id, now, carried, unsubscribe)


def unsubscribe_of(email: OutgoingEmail, person: Person | None, settings: Settings) -> str:
    """The address that ends emails of this sort; empty for those that answer what somebody has done."""
    if person is None or (what := UNSUBSCRIBED.get(EmailName(email.name))) is None:
        return ""
    token = tokens.sign(settings.secret_key, f"unsubscribe-{what}", str(person.public_id))
    return f"{settings.base_url}/unsubscribe/{what}/{token}"


def recipient_of(email: OutgoingEmail, person: Person | None) -> Recipient:
    """Returns the reader of the email, in their present zone."""
    if person is None:
        return Recipient(email.to_email)
    return Recipient(email.to_email, person.name, person.time_zone)


def render_email(
    email: OutgoingEmail,
    person: Person | None,
    settings: Settings,
    organisation: Organisation,
    facts: dict[str, Any] | None = None,
) -> Rendered:
    """Subject, text and HTML of an email to that person, its links made now; of a reminder the `facts` as of now."""
    told = facts or email.facts
    links = links_of(told, settings, organisation)
    links["unsubscribe"] = unsubscribe_of(email, person, settings)
    return render(EmailName(email.name), told, recipient_of(email, person), links, organisation)


#: The addresses that open nothing to whoever isn't signed in: all that anybody but the reader may see.
OPEN_LINKS = frozenset(
    {"site", "programme", "coordinator", "join", "mine", "emails", "day", "meeting", "meeting_entry", "calendars"}
    | {"go_on", "cover", "sign_in_page"}
)
HIDDEN_LINK, HIDDEN_CODE = "[private link]", "[private code]"


def render_for_staff(
    email: OutgoingEmail, person: Person | None, origin: EmailOrigin, facts: dict[str, Any] | None = None
) -> Rendered:
    """The email as `render_email` writes it, without what opens something: no code, and no signed link.

    In the HTML such a link leads nowhere.
    """
    told, organisation = facts or email.facts, origin.organisation
    links = links_of(told, origin.settings, organisation)
    links["unsubscribe"] = unsubscribe_of(email, person, origin.settings)
    shown = {name: address if name in OPEN_LINKS or not address else HIDDEN_LINK for name, address in links.items()}
    if "code" in shown:
        shown["code"] = HIDDEN_CODE
    made = render(EmailName(email.name), told, recipient_of(email, person), shown, organisation)
    return Rendered(made.subject, made.text, made.html.replace(f'href="{HIDDEN_LINK}"', ""))


def links_of(facts: dict[str, Any], settings: Settings, organisation: Organisation) -> dict[str, str]:
    """Every address that an email may carry; none of them is stored."""
    base, key = settings.base_url, settings.secret_key
    links = {
        "site": base,
        "programme": f"{base}/",
        "coordinator": f"{base}/coordinator/",
        "join": organisation.texts.join_page,
    }
    if "booking" in facts:
        links["manage"] = f"{base}/manage/{tokens.sign(key, 'manage', facts['booking'])}"
        links["entry"] = f"{links['manage']}/booking.ics"
        links["go_on"] = f"{base}/bookings/{facts['booking']}/go-on"
        links["join_link"] = f"{base}/join/{tokens.sign(key, tokens.JOIN, facts['booking'])}"
    for line in facts.get("lines", ()):
        if "booking" in line:
            links[line["booking"]] = f"{base}/manage/{tokens.sign(key, 'manage', line['booking'])}"
    links["mine"] = f"{base}/bookings"
    links["emails"] = f"{base}/coordinator/emails?show=failed"
    if "daily_agenda" in facts:
        links["day"] = f"{base}/analyst/{facts['daily_agenda']}"
    if "enrolment" in facts:
        links["meeting"] = f"{base}/occurrences/{facts['occurrence']}"
        first = facts["lines"][0] if "lines" in facts else facts
        links["meeting_entry"] = f"{base}/occurrences/{first['occurrence']}.ics"
        links["calendars"] = f"{base}/calendars"
        links["join_link"] = f"{base}/join/{tokens.sign(key, tokens.JOIN, facts['occurrence'])}"
    if "about_date" in facts:
        links["meeting"] = f"{base}/occurrences/{facts['about_date']}"
    if "place" in facts:
        links["place"] = f"{base}/manage/place/{tokens.sign(key, 'place', facts['place'])}"
    if "first_day" in facts:
        links["day"] = f"{base}/analyst/{facts['first_day']}"
    if "cover" in facts:
        links["cover"] = f"{base}/analyst/cover"
    if "address_change" in facts:
        links["confirm_address"] = f"{base}/me/address/{tokens.sign(key, 'address', facts['address_change'])}"
    if "trial" in facts:
        links["start_trial"] = f"{base}/trial/{tokens.sign(key, 'trial', facts['trial'])}"
        links["sign_in_page"] = f"{base}/sign-in"
    if "sign_in" in facts:
        links["sign_in"] = f"{base}/sign-in/link/{tokens.sign(key, 'sign-in', facts['sign_in'])}"
        links["code"] = tokens.six_digits(key, "sign-in-code", facts["sign_in"])
    return links


def invitations_of(
    email: OutgoingEmail, recipient: Recipient, sender: Sender, settings: Settings, organisation: Organisation
) -> list[Attached]:
    """The invitations that go along with an email: one for each booking that was born with one."""
    if "booking" in email.facts:
        lines = [(email.facts, CANCELLING.get(EmailName(email.name)))]
    else:
        told = [line for line in email.facts.get("lines", ()) if "booking" in line]
        lines = [(line, CancelledBy.STAFF if line["what"] == LineKind.CANCELLED else None) for line in told]
    appointments = [appointment_of(*line) for line in lines if line[0].get("is_invited")]
    if not appointments:
        return []
    publisher = Publisher(organisation, sender.domain, Addresses(settings.base_url, settings.secret_key))
    organiser, member = Party(sender.name, sender.email), Party(recipient.name, recipient.email)
    made = [invitation(publisher, appointment, organiser, member) for appointment in appointments]
    return [Attached(one.method, one.content) for one in made]


def appointment_of(facts: dict[str, Any], cancelled_by: str | None) -> Appointment:
    """The booking as of the commit that queued the email about it."""
    starts_at, ends_at, revised_at = (
        datetime.fromisoformat(facts[name]) for name in ("starts_at", "ends_at", "revised_at")
    )
    meeting = Meeting(
        public_id=uuid.UUID(facts["occurrence"]),
        series_slug=facts["series"],
        series_title=facts["title"],
        summary="",
        kind=facts["kind"],
        title=facts["title"],
        module=None,
        modules=0,
        module_title="",
        starts_at=starts_at,
        ends_at=ends_at,
        zone=facts["zone"],
        is_cancelled=False,
        reason="",
        moved_from_at=None,
        sequence=0,
        revised_at=revised_at,
    )
    nobody = uuid.UUID(int=0)  # an invitation names people, and points at none of their ids
    return Appointment(
        public_id=uuid.UUID(facts["booking"]),
        meeting=meeting,
        starts_at=starts_at,
        ends_at=ends_at,
        minutes=facts["minutes"],
        analyst=facts["analyst"],
        analyst_public_id=nobody,
        member=facts["member"],
        member_public_id=nobody,
        chose_analyst=False,
        topic=facts["topic"],
        link=facts["link"],
        is_cancelled=cancelled_by is not None,
        cancelled_by=cancelled_by,
        is_late=False,
        reason=facts.get("reason", ""),
        outcome=None,
        is_invited=True,
        sequence=facts["sequence"],
        revised_at=revised_at,
    )
