"""Names of columns and fields whose models leave them to the administration, in two languages."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_NAMES: dict[str, Promise | str] = {
    "account": _("account"),
    "agency": _("agency"),
    "agreed_at": _("agreed"),
    "agreed_by": _("agreed by"),
    "answered_at": _("answered"),
    "answered_by": _("answered by"),
    "applied_at": _("carried out"),
    "approved_at": _("agreed"),
    "approved_by": _("agreed by"),
    "asked_at": _("asked"),
    "asked_by": _("asked by"),
    "assignment": _("assignment"),
    "at": _("when"),
    "attempts": _("tries"),
    "attested_at": _("attested"),
    "began_on": _("counted from"),
    "by": _("by"),
    "cause": _("cause"),
    "counts": _("figures"),
    "created_at": _("created"),
    "day": _("day"),
    "done_at": _("done"),
    "due_after": _("due afterwards"),
    "due_at": _("next at"),
    "due_before": _("due before"),
    "eligible": _("eligible"),
    "exempt": _("exempt"),
    "expires_at": _("expires"),
    "failure": _("failure"),
    "file_name": _("file"),
    "finished_at": _("finished"),
    "from_agency": _("from agency"),
    "is_agreed": _("agreed"),
    "kind": _("kind"),
    "last_error": _("last failure"),
    "late_agency": _("late, agency not open"),
    "late_met": _("met late"),
    "late_person": _("late, agency open"),
    "made_at": _("made"),
    "made_by": _("made by"),
    "met": _("met"),
    "must_be_done_by": _("must be done by"),
    "name": _("step"),
    "official": _("official"),
    "order": _("order"),
    "parent": _("part of"),
    "pending": _("pending"),
    "position": _("position"),
    "printed_at": _("printed"),
    "queue_class": _("class in the queue"),
    "read_at": _("last read"),
    "recorded_at": _("recorded"),
    "recorded_by": _("recorded by"),
    "requested_at": _("requested"),
    "rule": _("rule"),
    "scheme": _("scheme"),
    "second_by": _("second officer"),
    "sent_at": _("given"),
    "source": _("source"),
    "state_after": _("state afterwards"),
    "step": _("step"),
    "to": _("to"),
    "to_agency": _("to agency"),
    "unit": _("unit"),
    "used_at": _("used"),
    "waiting_gate": _("waits for its agency"),
    "why_second": _("why a second officer"),
    "withdrawn_at": _("withdrawn"),
    "words": _("words"),
}


def name_of(field: models.Field) -> Any:  # type: ignore[type-arg]  # of any kind
    """The field's own name, a text or a lazy one; where its model gives none, ours."""
    own = field.verbose_name
    return own if isinstance(own, Promise) else _NAMES.get(field.name, own)


def is_unnamed(field: models.Field) -> bool:  # type: ignore[type-arg]  # of any kind
    """Whether its model says nothing a reader could understand, and we do."""
    return not isinstance(field.verbose_name, Promise) and field.name in _NAMES
