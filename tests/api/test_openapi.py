"""The OpenAPI document is true: schemathesis asks everything it describes, rightly and wrongly."""

from __future__ import annotations

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from sqlalchemy.orm import Session

from booking.services.accounts import tokens
from tests import long_form
from tests.builders import NOW, a_booking, a_clinic, a_person
from tests.databases import Database
from tests.web.client import BASE_URL, client_of, make_app

FEW = settings(
    max_examples=long_form.count(12, 50),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)


def service(database: Database) -> tuple[Flask, str]:
    """A service with a clinic and a booking, and the token of its member."""
    with database.sessions() as session:
        made: Session = session
        member = a_person(made)
        a_booking(made, a_clinic(made, analysts=2), member)
        made.commit()
        token = tokens.make(made, member.email, NOW)
    return make_app(database), token


@pytest.mark.timeout(240)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_answer_is_as_it_is_described(database: Database, mode: GenerationMode) -> None:
    app, token = service(database)
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app, base_url=BASE_URL)
    asked = []
    for found in schema.get_all_operations():
        operation = found.ok()
        asked.append(operation.label)

        @given(case=operation.as_strategy(generation_mode=mode))
        @FEW
        def check(case: schemathesis.Case) -> None:
            headers = {"Authorization": f"Bearer {token}", "Accept-Encoding": "identity"}  # this client unpacks nothing
            case.call_and_validate(headers=headers, base_url=BASE_URL)

        check()
    assert len(asked) == 7


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_readable_page_names_every_address(database: Database) -> None:
    app, _ = service(database)
    page = client_of(app).get("/api/docs").text.replace("\u200b", "")
    for path in client_of(app).get("/api/v1/openapi.json").json["paths"]:  # type: ignore[index]
        assert path in page
