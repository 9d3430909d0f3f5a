"""Run a service function as one transaction, repeated if the database asks for it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from booking.domain import errors
from booking.services.action_context import ActionContext
from booking.store.db import engines

P = ParamSpec("P")
R = TypeVar("R")
#: The first value of a service function.
First = TypeVar("First", ActionContext, Session)

ATTEMPTS = 3
#: SQLSTATEs after which the same work may succeed: serialization failure, deadlock, lock timeout.
REPEATABLE_STATES = frozenset({"40001", "40P01", "55P03"})
#: The keys that decide a race, as PostgreSQL names them and as SQLite spells their columns.
TAKEN = ("pk_claim", "claim.person_id, claim.quarter_at")
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


def transactional(function: Callable[Concatenate[First, P], R]) -> Callable[Concatenate[First, P], R]:
    """Run `function(context, …)` or `function(session, …)` as one transaction of its own and commit it.

    What the session read before is expired and its transaction ended. A refusal or any error rolls back and
    leaves. Deadlocks, a busy database, a twin with the same idempotency key and a lost race for somebody's quarter are
    tried again, three times at the most: the second time the function reads who has the quarter, and says so. A race
    that is lost for good becomes SlotTaken.
    """

    @wraps(function)
    def run(first: First, /, *args: P.args, **kwargs: P.kwargs) -> R:
        session = first.session if isinstance(first, ActionContext) else first
        for attempt in range(1, ATTEMPTS + 1):
            session.rollback()
            try:
                with engines.writing(session):
                    answer = function(first, *args, **kwargs)
                    session.commit()
                return answer
            except IntegrityError as error:
                session.rollback()
                key = broken_key(error)
                if key in TAKEN and attempt == ATTEMPTS:
                    raise errors.SlotTaken() from error
                if key not in TAKEN + TWIN or attempt == ATTEMPTS:
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
