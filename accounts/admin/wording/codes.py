"""What rows keep as a short word of ours, in people's words: causes, proofs, steps, counts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.directory import plan
from accounts.models import Obligation, PersonnelOrder
from accounts.people import two_officers
from accounts.provisioning import overview

_CAUSES: dict[str, str | Promise] = {
    "account_opened": _("account opened"),
    "attestation_withdrawn": _("attestation withdrawn"),
    "attested": _("attested by the head"),
    "base_day": _("another base day"),
    "correction": _("facts put right by an officer"),
    "decided": _("decided by an officer"),
    "exempted": _("exempted by letter"),
    "exemption_withdrawn": _("exemption ended"),
    "first_sign_in": _("first sign-in"),
    "import": _("import"),
    "joined": _("joined"),
    "night": _("nightly count"),
    "recomputed": _("counted again"),
}
_PROOFS: dict[str, str | Promise] = {
    "account_active": _("account open"),
    "attestation": _("attested by the head"),
    "first_sign_in": _("first sign-in"),
    "second_factor": _("second factor"),
    "sent": _("first official letter sent"),
}
_REMINDERS: dict[str, str | Promise] = {
    "3": _("3 days before"),
    "14": _("14 days before"),
    "30": _("30 days before"),
    "60": _("60 days before"),
    "overdue": _("overdue"),
}


def cause_of(code: str) -> str:
    """Why a duty changed: an order by its kind, a proof by its name."""
    if code.startswith("proof_"):
        return proof_of(code.removeprefix("proof_"))
    kinds: Mapping[str, Any] = dict(PersonnelOrder.Kind.choices)
    return str(_CAUSES.get(code) or kinds.get(code, code))


def proof_of(code: str) -> str:
    """What shows that a duty is met."""
    return str(_PROOFS.get(code, code))


def step_of(code: str) -> str:
    """A step of opening an account."""
    return str(overview.STEP_NAMES.get(code, code))


def _reminder_of(code: str) -> str:
    return str(_REMINDERS.get(code, code))


def _state_of(code: str) -> str:
    states: Mapping[str, Any] = dict(Obligation.State.choices)
    return str(states.get(code, code))


def _deed_of(code: str) -> str:
    return next((str(each.title) for each in two_officers.deeds() if each.name == code), code)


def _counts_of(counts: Mapping[str, int]) -> str:
    names: dict[str, Any] = {name: verdict.label for verdict, name in plan.COUNTED.items()}
    names["failed"] = _("failed")
    said = ((names.get(name, name), count) for name, count in counts.items() if count)
    return " · ".join(f"{name} {count:,}" for name, count in said)


# By the model and the field that keeps the code.
WORDS_OF: dict[tuple[str, str], Callable[[Any], str]] = {
    ("accounts.ImportBatch", "counts"): _counts_of,
    ("accounts.ObligationEvent", "cause"): cause_of,
    ("accounts.ObligationEvent", "state_after"): _state_of,
    ("accounts.ProvisioningStep", "last_error"): overview.sentence_of,
    ("accounts.ProvisioningStep", "name"): step_of,
    ("accounts.Reminder", "step"): _reminder_of,
    ("accounts.SecondOpinion", "deed"): _deed_of,
}
