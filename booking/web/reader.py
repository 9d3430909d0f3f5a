"""Who is reading: the signed-in person as pages need them, loaded once a request."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask, Request, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, LoginManager, UserMixin, login_user, logout_user
from sqlalchemy import bindparam, select

from booking.store import api_tokens
from booking.store.api_tokens import ApiToken
from booking.store.base import table_of
from booking.store.people import STAFF, Person, Role
from booking.web import context

MEMBER_DAYS = 90
STAFF_DAYS = 30


@dataclass(frozen=True)
class Reader(UserMixin):  # type: ignore[misc]
    """One signed-in person. `zone` is an IANA name, None while unknown."""

    id: int
    public_id: uuid.UUID
    email: str
    name: str
    zone: str | None
    member_until: date | None
    session_generation: int
    roles: frozenset[str]

    @property
    def is_staff(self) -> bool:
        return not self.roles.isdisjoint(STAFF)

    @property
    def initials(self) -> str:
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "·"


_person, _role = table_of(Person), table_of(Role)
_token = table_of(ApiToken)
_PERSON = (
    select(
        _person.c.id,
        _person.c.public_id,
        _person.c.email,
        _person.c.name,
        _person.c.time_zone,
        _person.c.member_until,
        _person.c.session_generation,
        _role.c.role,
    )
    .select_from(_person.outerjoin(_role, _role.c.person_id == _person.c.id))
    .where(_person.c.closed_at.is_(None))
)
_BY_ID = _PERSON.where(_person.c.id == bindparam("person_id"))
_BY_TOKEN = _PERSON.join(_token, _token.c.person_id == _person.c.id).where(
    _token.c.digest == bindparam("digest"), _token.c.revoked_at.is_(None)
)


def load(person_id: int) -> Reader | None:
    """The person with their roles in one statement; None if closed or gone."""
    return _reader(context.db().connection().execute(_BY_ID, {"person_id": person_id}).all())


def load_by_token(token: str) -> Reader | None:
    """Whose API token it is, likewise; None for an unknown or revoked one."""
    digest = api_tokens.digest_of(token)
    return None if digest is None else _reader(context.db().connection().execute(_BY_TOKEN, {"digest": digest}).all())


def _reader(rows: Sequence[Any]) -> Reader | None:
    if not rows:
        return None
    *values, _role = rows[0]
    return Reader(*values, roles=frozenset(row.role for row in rows if row.role))


def sign_in(person_id: int) -> bool:
    """Begin a signed-in visit in this browser; False if the person may not."""
    found = load(person_id)
    if found is None:
        return False
    session.clear()
    session.permanent = True
    session["signed_in_at"] = int(context.now().timestamp())
    session["generation"] = found.session_generation
    return bool(login_user(found))


def sign_out() -> None:
    """End the visit in this browser."""
    logout_user()
    session.clear()


def as_visitor() -> None:
    """For the rest of this request the reader is nobody: where whom the browser is for cannot be looked up."""
    g._login_user = AnonymousUserMixin()


def _still_signed_in(found: Reader) -> bool:
    begun = datetime.fromtimestamp(session.get("signed_in_at", 0), UTC)
    days = STAFF_DAYS if found.is_staff else MEMBER_DAYS
    return session.get("generation") == found.session_generation and context.now() < begun + timedelta(days=days)


def init_app(app: Flask) -> None:
    """Flask-Login, with the length of a visit kept here: 90 days for members, 30 for staff."""
    app.permanent_session_lifetime = timedelta(days=MEMBER_DAYS)
    login = LoginManager()
    login.session_protection = None
    login.init_app(app)

    @login.user_loader  # type: ignore[untyped-decorator]
    def load_user(text: str) -> Reader | None:
        found = load(int(text))
        return found if found is not None and _still_signed_in(found) else None

    @login.request_loader  # type: ignore[untyped-decorator]
    def load_bearer(asked: Request) -> Reader | None:
        """Whom a program acts for: at the API only, by a token of theirs."""
        scheme, _, token = asked.headers.get("Authorization", "").partition(" ")
        if asked.blueprint != "api" or scheme.lower() != "bearer":
            return None
        found = load_by_token(token.strip())
        g.by_token = found is not None
        return found

    @login.unauthorized_handler  # type: ignore[untyped-decorator]
    def ask_to_sign_in() -> ResponseReturnValue:
        """To the sign-in page, which brings them back to where a GET was, or to the page a POST was sent from."""
        if request.blueprint == "api":
            abort(401)  # programs are told so; they fill in no form
        back_to = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else request.path
        return redirect(url_for("sign_in.ask", next=back_to), 303)
