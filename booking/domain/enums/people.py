"""Roles, and when somebody gets calendar invitations."""

from __future__ import annotations

from enum import StrEnum


class RoleName(StrEnum):
    """What somebody may do here; a person can have several."""

    MEMBER = "member"
    ANALYST = "analyst"
    COORDINATOR = "coordinator"
    VIEWER = "viewer"


#: The roles that see other people's bookings and may change them.
STAFF_ROLES = frozenset({RoleName.ANALYST, RoleName.COORDINATOR})

#: The roles that see what is other people's. Their sessions are short.
ROLES_THAT_SEE_OTHERS = STAFF_ROLES | {RoleName.VIEWER}


class MembershipState(StrEnum):
    """How somebody's membership stands today, as lists of people are narrowed by it."""

    CURRENT = "current"
    ENDING = "ending"
    ENDED = "ended"
    CLOSED = "closed"


class InvitationPreference(StrEnum):
    """When emails about a member's bookings carry a calendar invitation."""

    UNTIL_SUBSCRIBED = "until-subscribed"
    ALWAYS = "always"
    NEVER = "never"


class TrialAnswer(StrEnum):
    """What the email in answer to a sign-up says; the page says the same to everybody."""

    CONFIRM = "confirm"
    HAS_ACCOUNT = "has-account"
    HAD_TRIAL = "had-trial"


class TrialState(StrEnum):
    """What has become of a trial."""

    UNDER_WAY = "under-way"
    JOINED = "joined"
    ENDED = "ended"
