"""The short form of the stress; and that the checker sees what it is there to see."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from datetime import timedelta
from pathlib import Path

import pytest

from tests import databases, long_form
from tests.stress import checker
from tests.stress.checker import Evidence
from tests.stress.run import LEAST_TORMENTS, Outcome, stress

SECONDS, MEMBERS = long_form.count(5, 20), 150


@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", databases.NAMES)
def test_everything_holds_though_processes_are_killed_and_the_database_stops(kind: str, tmp_path: Path) -> None:
    outcome = stress(kind, SECONDS, MEMBERS, 20231204, tmp_path)
    assert checker.findings(outcome.evidence) == [], outcome.summary()
    assert outcome.kills + outcome.stops >= LEAST_TORMENTS, outcome.summary()
    booked = len({state["id"] for state in outcome.evidence.told if state["what"] == "booked"})  # a twin is told too
    assert booked >= 10, outcome.summary()
    assert len(outcome.evidence.mail) >= booked
    for name, spoil in SPOILED.items():
        evidence = deepcopy(outcome.evidence)
        spoil(evidence)
        assert checker.findings(evidence), f"the checker is blind to {name}"
    check_the_checker_against_a_double_booking(outcome)


def a_booking(evidence: Evidence) -> dict[str, object]:
    return checker.confirmed(evidence)[0]


def lose_a_booking(evidence: Evidence) -> None:
    told = {state["id"].replace("-", "") for state in evidence.told}
    gone = next(row for row in evidence.rows["booking"] if row["public_id"] in told)
    evidence.rows["booking"].remove(gone)


def revive(evidence: Evidence) -> None:
    cancelled = {state["id"].replace("-", "") for state in evidence.told if state["what"] == "cancelled"}
    row = next(row for row in evidence.rows["booking"] if row["public_id"] in cancelled)
    row["status"] = "confirmed"


def lose_a_claim(evidence: Evidence) -> None:
    evidence.rows["claim"].remove(next(row for row in evidence.rows["claim"] if row["booking_id"] is not None))


def leave_a_claim(evidence: Evidence) -> None:
    left = dict(evidence.rows["claim"][0])
    left["quarter_at"] += timedelta(days=400)
    evidence.rows["claim"].append(left)


def lose_a_message(evidence: Evidence) -> None:
    lost = evidence.mail[0].message_id
    evidence.mail = [mail for mail in evidence.mail if mail.message_id != lost]


def turn_the_mail_round(evidence: Evidence) -> None:
    evidence.mail.reverse()


def move_in_silence(evidence: Evidence) -> None:
    a_booking(evidence)["sequence"] = 0
    a_booking(evidence)["starts_at"] += timedelta(days=1)  # type: ignore[operator]


def cancel_the_occurrence(evidence: Evidence) -> None:
    wanted = a_booking(evidence)["occurrence_id"]
    next(row for row in evidence.rows["occurrence"] if row["id"] == wanted)["status"] = "cancelled"


def forget_the_audit_log(evidence: Evidence) -> None:
    evidence.rows["audit_log"] = [row for row in evidence.rows["audit_log"] if row["action"] != "booked"]


SPOILED: dict[str, Callable[[Evidence], None]] = {
    "a lost booking": lose_a_booking,
    "a cancelled booking that lives": revive,
    "a missing claim": lose_a_claim,
    "a claim of nobody": leave_a_claim,
    "a missing message": lose_a_message,
    "mail in the wrong order": turn_the_mail_round,
    "a move that nobody was told": move_in_silence,
    "a booking in a cancelled occurrence": cancel_the_occurrence,
    "a missing line in the audit log": forget_the_audit_log,
}


def check_the_checker_against_a_double_booking(outcome: Outcome) -> None:
    evidence = deepcopy(outcome.evidence)
    twin = {**a_booking(evidence), "id": -1, "public_id": "0" * 32, "member_id": -1}
    evidence.rows["booking"].append(twin)
    assert any(line.startswith("overlap of person") for line in checker.findings(evidence))
