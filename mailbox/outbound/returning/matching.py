"""Whom a report is about, and what it changes: a letter the gateway took came back, or is late.

A worker does this without the submission key: each address outside has a digest beside it.
A report is anybody's claim who has had the letter. So it ends no trying: only what a gateway
has taken can come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import transaction

from mailbox.filing.placements import announce
from mailbox.mime.returned.reports import Action, Outcome, Report
from mailbox.models import Delivery, Submission
from mailbox.outbound.envelope import address_digest, seal_reply_for_owner
from mailbox.smtp.replies import reason_for
from mailbox.smtp.verdicts import Reason, Verdict

# SENDING too: a quick gateway's report is here before its answer is written down.
_TAKEN = (Delivery.State.RELAYED, Delivery.State.SENDING)
# These speak of our own gateway. A server beyond it that has such words means its own rules.
_BEYOND = {
    Reason.LOGIN: Reason.POLICY,
    Reason.RELAY_DENIED: Reason.POLICY,
    Reason.BUSY: Reason.LATER,
    Reason.NO_8BIT: Reason.CONTENT,
    Reason.NO_UTF8: Reason.REFUSED,
}
_KEPT = ["state", "reply_code", "enhanced", "reason", "sealed_reply", "due_at", "changed_at"]


@dataclass(frozen=True)
class Returned:
    """A recipient of ours, and what was reported of them."""

    delivery: Delivery
    outcome: Outcome

    @property
    def verdict(self) -> Verdict:
        one = self.outcome
        reason = reason_for(one.code, one.status, one.words)
        reason = _BEYOND.get(reason, reason)
        return Verdict(one.code, one.words, one.status, reason)


@dataclass
class Noted:
    """What a report has changed: who came back, who is late. strangers: bad news of nobody's."""

    bounced: list[Returned] = field(default_factory=list)
    late: list[Returned] = field(default_factory=list)
    strangers: list[Outcome] = field(default_factory=list)


@transaction.atomic
def note(report: Report, submission_id: UUID, now: datetime) -> Noted:
    """Write down what a report says of a submission's recipients; again, it changes nothing.

    Whoever failed is BOUNCED; who is late stays RELAYED, with the reason; who was reached
    loses it. now: aware. KeyMissing without the lookup key.
    """
    noted = Noted()
    # First, as the relay has it, which writes answers meanwhile: neither waits for the other.
    found = Submission.objects.select_for_update(of=("self",), no_key=True)
    submission = found.select_related("mailbox").filter(pk=submission_id).first()
    if submission is None:
        return noted
    for outcome in report.outcomes:
        meant = _recipients(submission, outcome)
        if not meant and outcome.action in (Action.FAILED, Action.DELAYED):
            noted.strangers.append(outcome)
        for delivery in meant:
            _apply(Returned(delivery, outcome), submission, noted, now)
    if noted.bounced:
        submission.count_again()
    if noted.bounced or noted.late:
        announce([submission.mailbox_id])
    return noted


def _recipients(submission: Submission, outcome: Outcome) -> Sequence[Delivery]:
    """Those of this address; where it is nobody's and there is but one outside, that one."""
    digests = [
        address_digest(submission.pk, address)
        for address in {outcome.original, outcome.recipient}
        if address
    ]
    outside = Delivery.objects.filter(submission=submission, mailbox__isnull=True)
    ids = list(outside.filter(address_digest__in=digests).values_list("pk", flat=True))
    if not ids:
        # Passed on by whoever has that address, or kept before there were digests.
        some = list(outside.values_list("pk", flat=True)[:2])
        ids = some if len(some) == 1 else []
    return list(Delivery.objects.select_for_update().filter(pk__in=ids).order_by("pk"))


def _apply(one: Returned, submission: Submission, noted: Noted, now: datetime) -> None:
    delivery, action = one.delivery, one.outcome.action
    if delivery.state not in _TAKEN:
        return
    if action == Action.FAILED:
        delivery.state, delivery.due_at, delivery.changed_at = Delivery.State.BOUNCED, None, now
        noted.bounced.append(one)
    elif delivery.state != Delivery.State.RELAYED:
        return
    elif action == Action.DELAYED:
        noted.late.append(one)
    elif not is_late(delivery):
        return
    _keep(one, submission)


def is_late(delivery: Delivery) -> bool:
    """Whether a server beyond the gateway has said that it is still trying."""
    return delivery.state == Delivery.State.RELAYED and delivery.enhanced.startswith("4.")


def _keep(one: Returned, submission: Submission) -> None:
    """The reply goes to the author alone: the submission key may be wiped."""
    delivery, verdict = one.delivery, one.verdict
    delivery.reply_code = verdict.code or None
    delivery.enhanced, delivery.reason = verdict.enhanced[:11], verdict.reason.value
    if one.outcome.action == Action.DELAYED and not is_late(delivery):
        delivery.enhanced = "4.0.0"
    mailbox = submission.mailbox
    delivery.sealed_reply = None
    if len(mailbox.sealed_private_key):  # else it is shredded, and nobody will read it
        delivery.sealed_reply = seal_reply_for_owner(verdict, delivery, mailbox)
    delivery.save(update_fields=_KEPT)
