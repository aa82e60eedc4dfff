"""The acts of the audit in people's words: what was done, to what kind of thing, which facts."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEvent

_ACTS: dict[str, Promise | str] = {
    "added": _("Added"),
    "changed": _("Changed"),
    "deleted": _("Deleted"),
    "account_activated": _("Account activated"),
    "account_approved": _("Account approved"),
    "account_opened": _("Account opened"),
    "account_reinstated": _("Account reinstated"),
    "account_retained": _("Account closed, mail kept"),
    "account_suspended": _("Account suspended"),
    "address_changed": _("Address changed"),
    "agree_to_exemption": _("Exemption agreed to"),
    "ask_for_exemption": _("Exemption asked for"),
    "attest": _("Attestation given"),
    "gate_opened": _("Accounts let go as the agency opened"),
    "import_applied": _("Import carried out"),
    "import_approved": _("Import approved"),
    "import_approved_first": _("Import approved, waits for a second officer"),
    "import_uploaded": _("File uploaded"),
    "import_withdrawn": _("Import withdrawn"),
    "joined": _("Joined"),
    "letter_made": _("Activation letter made"),
    "letter_printed": _("Activation letter printed"),
    "link_made": _("Activation link made"),
    "made SCIM token": _("SCIM token made"),
    "move_base_day": _("Base day of the mandate moved"),
    "official_imported": _("Official imported"),
    "order_agreed": _("Order agreed to by the other agency"),
    "order_carried_out": _("Order carried out"),
    "order_recorded": _("Order recorded"),
    "order_withdrawn": _("Order withdrawn"),
    "position_mailbox_requested": _("Mailbox of a position requested"),
    "provisioning_cancelled": _("Opening of an account cancelled"),
    "provisioning_tried_again": _("Opening of an account tried again"),
    "reset_second_factor_agreed": _("Second factor reset"),
    "reset_second_factor_asked": _("Reset of the second factor asked for"),
    "reset_second_factor_refused": _("Reset of the second factor refused"),
    "revoked SCIM token": _("SCIM token revoked"),
    "withdraw_exemption": _("Exemption withdrawn"),
}


def label_of(act: str) -> str:
    """The act in the reader's language; one nobody has named yet as it was written."""
    known = _ACTS.get(act)
    return str(known) if known else act.replace("_", " ").capitalize()


def labels() -> list[tuple[str, str]]:
    """Every act that has a name, by its name in the reader's language."""
    return sorted(((act, str(words)) for act, words in _ACTS.items()), key=lambda each: each[1])


def lines_of(event: AuditEvent) -> list[str]:
    """The facts of an event, a line each: fields by their names, values before and after."""
    details: dict[str, Any] = dict(event.details)
    model = _model_of(event.kind)
    fields = details.pop("fields", None)
    changes: dict[str, Any] = details.pop("values", None) or {}
    lines = []
    for name in fields if isinstance(fields, list) else ():
        before, after = changes.get(name) or (None, None)
        line = _name_of(model, str(name))
        lines.append(f"{line}: {_said(before)} → {_said(after)}" if name in changes else line)
    lines += [
        f"{name.replace('_', ' ')}: {_said(value)}" for name, value in details.items() if value
    ]
    return lines


def kind_of(event: AuditEvent) -> str:
    """What kind of thing it was done to, in the reader's language."""
    model = _model_of(event.kind)
    return str(model._meta.verbose_name) if model else event.kind


def _model_of(kind: str) -> type[Model] | None:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):
        return None


def _name_of(model: type[Model] | None, name: str) -> str:
    try:
        field: Any = model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return name.replace("_", " ")
    return str(getattr(field, "verbose_name", name)) if field else name


def _said(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    return str(value)
