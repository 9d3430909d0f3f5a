"""Roles, and when somebody gets calendar invitations."""

from __future__ import annotations

from enum import StrEnum


class RoleName(StrEnum):
    """What somebody may do here; a person can have several."""

    MEMBER = "member"
    ANALYST = "analyst"
    COORDINATOR = "coordinator"


#: The roles that see other people's bookings.
STAFF_ROLES = frozenset({RoleName.ANALYST, RoleName.COORDINATOR})


class InvitationPreference(StrEnum):
    """When emails about a member's bookings carry a calendar invitation."""

    UNTIL_SUBSCRIBED = "until-subscribed"
    ALWAYS = "always"
    NEVER = "never"
