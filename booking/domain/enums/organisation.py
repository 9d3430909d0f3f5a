"""The parts of an organisation that coordinators set on pages."""

from __future__ import annotations

from enum import StrEnum


class OrganisationPart(StrEnum):
    """What a stored version holds."""

    RULES = "rules"
    TEXTS = "texts"
