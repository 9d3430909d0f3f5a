"""What makes a function a deed: one transaction, repeated if the database asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.store import engine

P = ParamSpec("P")
R = TypeVar("R")

ATTEMPTS = 3
#: SQLSTATEs after which the same work may succeed: serialization failure, deadlock, lock timeout.
REPEATABLE_STATES = frozenset({"40001", "40P01", "55P03"})
#: The keys that decide a race, as PostgreSQL names them and as SQLite spells their columns.
TAKEN = ("pk_claim", "claim.analyst_id, claim.quarter_at")
OWN = ("uq_claim_member_id_quarter_at", "claim.member_id, claim.quarter_at")
TWIN = ("pk_idempotency_key", "idempotency_key.person_id, idempotency_key.key")


def broken_key(error: IntegrityError) -> str:
    """The name of the broken constraint on PostgreSQL, its column list on SQLite; empty if unknown."""
    diagnosis = getattr(error.orig, "diag", None)
    if diagnosis is not None:
        return str(diagnosis.constraint_name or "")
    return str(error.orig).rpartition("constraint failed: ")[2]


def is_repeatable(error: OperationalError) -> bool:
    """Whether the database broke a deadlock or the like; one that kept us waiting is not asked again."""
    return getattr(error.orig, "sqlstate", None) in REPEATABLE_STATES


def deed(function: Callable[Concatenate[Session, P], R]) -> Callable[Concatenate[Session, P], R]:
    """Run `function(session, …)` as one transaction of its own and commit it.

    What the session read before is expired and its transaction ended. A refusal or any error rolls back and
    leaves; a lost race for a quarter becomes SlotTaken; deadlocks, a busy database and a twin with the same
    idempotency key are tried again, three times at the most.
    """

    @wraps(function)
    def run(session: Session, /, *args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            session.rollback()
            try:
                with engine.writing(session):
                    answer = function(session, *args, **kwargs)
                    session.commit()
                return answer
            except IntegrityError as error:
                session.rollback()
                key = broken_key(error)
                if key in TAKEN:
                    raise errors.SlotTaken() from error
                if key in OWN:
                    raise errors.SlotTaken(own=True) from error
                if key not in TWIN or attempt == ATTEMPTS:
                    raise
            except OperationalError as error:
                session.rollback()
                if attempt == ATTEMPTS or not is_repeatable(error):
                    raise
            except BaseException:
                session.rollback()
                raise
        raise AssertionError("the last attempt returns or raises")

    return run
