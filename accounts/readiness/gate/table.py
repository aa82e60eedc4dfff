"""The states of an agency at the gate, and every way from one to another; no other is walked.

Only a decision of two moves to `ready*`; only the agency's own go-live, or its repair while it
is at risk, moves to `live`; the machine alone moves to `at_risk`. Pure: no rows.
"""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

from accounts.models import Agency
from govmail_portal.errors import PortalError

State = Agency.State


class Cause(StrEnum):
    """Why a state changed: words of the machine, of a decision, of the agency."""

    # The machine's own.
    DOMAINS_ADDED = "domains_added"
    DOMAINS_GONE = "domains_gone"
    BLOCKED = "blocked"
    PASSED = "passed"
    FAILING = "failing"
    RECOVERED = "recovered"
    GRACE_OVER = "grace_over"
    # Decisions of two; the words of GateDecision.Kind.
    OPEN = "open"
    OPEN_WITH_WAIVERS = "open_with_waivers"
    SEND_BACK = "send_back"
    REINSTATE = "reinstate"
    SUSPEND = "suspend"
    # The agency's.
    GO_LIVE = "go_live"
    # Once, by whoever runs the portal, for an agency that was served before there was a gate.
    ADOPTED = "adopted"


DECISIONS = frozenset(
    (Cause.OPEN, Cause.OPEN_WITH_WAIVERS, Cause.SEND_BACK, Cause.REINSTATE, Cause.SUSPEND)
)
_BEFORE_DECISION = (State.ASSESSING, State.NOT_READY, State.READY_FOR_DECISION)
_DECIDED = (State.READY, State.READY_WITH_WAIVERS)

Way = tuple[str, Cause, str]
WAYS: frozenset[Way] = frozenset(
    (
        (State.UNASSESSED, Cause.DOMAINS_ADDED, State.ASSESSING),
        *((before, Cause.DOMAINS_GONE, State.UNASSESSED) for before in _BEFORE_DECISION),
        (State.ASSESSING, Cause.BLOCKED, State.NOT_READY),
        (State.ASSESSING, Cause.PASSED, State.READY_FOR_DECISION),
        (State.NOT_READY, Cause.PASSED, State.READY_FOR_DECISION),
        (State.READY_FOR_DECISION, Cause.BLOCKED, State.NOT_READY),
        (State.READY_FOR_DECISION, Cause.OPEN, State.READY),
        (State.READY_FOR_DECISION, Cause.OPEN_WITH_WAIVERS, State.READY_WITH_WAIVERS),
        (State.READY_FOR_DECISION, Cause.SEND_BACK, State.NOT_READY),
        # Decided on, not open yet: what fails for good, or was taken back, is decided on anew.
        *((before, Cause.FAILING, State.NOT_READY) for before in _DECIDED),
        *((before, Cause.DOMAINS_GONE, State.UNASSESSED) for before in _DECIDED),
        *((before, Cause.SEND_BACK, State.NOT_READY) for before in _DECIDED),
        *((before, Cause.GO_LIVE, State.LIVE) for before in _DECIDED),
        (State.LIVE, Cause.FAILING, State.AT_RISK),
        (State.AT_RISK, Cause.RECOVERED, State.LIVE),
        (State.AT_RISK, Cause.GRACE_OVER, State.SUSPENDED),
        *((before, Cause.SUSPEND, State.SUSPENDED) for before in Agency.OPEN_STATES),
        # Back to the door, not through it: the agency goes live by itself again.
        *((State.SUSPENDED, Cause.REINSTATE, after) for after in _DECIDED),
        *(
            (before, Cause.ADOPTED, State.LIVE)
            for before in (State.UNASSESSED, State.ASSESSING, State.NOT_READY)
        ),
    )
)


class NoSuchWay(PortalError):
    message = _("From where the agency stands now this does not lead there.")


def must_lead(before: str, cause: Cause, after: str) -> None:
    """Raises NoSuchWay."""
    if (before, cause, after) not in WAYS:
        raise NoSuchWay


def leads_from(before: str, cause: Cause) -> bool:
    """Whether this cause leads anywhere from there."""
    return any(way[:2] == (before, cause) for way in WAYS)
