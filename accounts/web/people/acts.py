"""The acts of the audit in people's words: what was done, to what kind of thing, which facts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.directory import plan
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
    "agency_notified": _("Agency told what it still owes"),
    "agree": _("Agreed to"),
    "agree_to_exemption": _("Exemption agreed to"),
    "arrival_held": _("Arrival held"),
    "arrival_released": _("Held arrival released"),
    "ask_exemption": _("Exemption asked for"),
    "attest": _("Attestation given"),
    "counters_repaired": _("Counters of a mailbox put right"),
    "decide_class": _("Decided whether a post is a director's"),
    "delegation_ended": _("Access to a mailbox ended"),
    "delegation_granted": _("Access to a mailbox given"),
    "end_now": _("Ended by an officer"),
    "exempt": _("Official put forward for an exemption"),
    "gate_opened": _("Accounts let go as the agency opened"),
    "gateway_tried": _("Gateway tested"),
    "gateway_used_again": _("Resting gateway used again"),
    "hand_over_not_told": _("Superior's access not told to the official, by the order"),
    "hand_over_told": _("Superior's access told to the official"),
    "import_applied": _("Import carried out"),
    "import_approved": _("Import approved"),
    "import_approved_first": _("Import approved, waits for a second officer"),
    "import_uploaded": _("File uploaded"),
    "import_withdrawn": _("Import withdrawn"),
    "joined": _("Joined"),
    "key_in_use": _("DKIM key in use"),
    "key_made": _("DKIM key made"),
    "key_record_back": _("DKIM record is in DNS again"),
    "key_record_gone": _("DKIM record gone from DNS, officers told"),
    "key_retired": _("DKIM key over, its record may go"),
    "key_withdrawn": _("DKIM key signs no more"),
    "look_now": _("DKIM record looked for"),
    "letter_made": _("Activation letter made"),
    "letter_printed": _("Activation letter printed"),
    "link_made": _("Activation link made"),
    "mailbox_pair_begun": _("Change of a mailbox's keys begun"),
    "mailbox_pair_changed": _("A mailbox's keys changed, the old ones destroyed"),
    "mailbox_shredded": _("Mailbox shredded"),
    "mail_given_up": _("Letter taken out of the queue"),
    "mail_redirected": _("Letter sent through another agency's gateways"),
    "mail_tried_again": _("Letter tried again"),
    "made SCIM token": _("SCIM token made"),
    "make_successor": _("Next DKIM key asked for"),
    "move_base_day": _("Base day of the mandate moved"),
    "office_reader_told": _("Somebody new at an office's mailbox made known there"),
    "official_imported": _("Official imported"),
    "order_agreed": _("Order agreed to by the other agency"),
    "order_carried_out": _("Order carried out"),
    "order_recorded": _("Order recorded"),
    "order_tried_again": _("Order tried again"),
    "order_withdrawn": _("Order withdrawn"),
    "position_mailbox_requested": _("Mailbox of a position requested"),
    "print_letters": _("Activation letters printed"),
    "provisioning_cancelled": _("Opening of an account cancelled"),
    "provisioning_tried_again": _("Opening of an account tried again"),
    "refuse": _("Refused or taken back"),
    "release_copy_agreed": _("Copy of the former mail released"),
    "release_copy_asked": _("Release of a copy of the former mail asked for"),
    "release_copy_refused": _("Release of a copy of the former mail refused"),
    "reset_second_factor_agreed": _("Second factor reset"),
    "reset_second_factor_asked": _("Reset of the second factor asked for"),
    "reset_second_factor_refused": _("Reset of the second factor refused"),
    "revoked SCIM token": _("SCIM token revoked"),
    "superiors_access_agreed": _("Superior given access to what was left"),
    "superiors_access_asked": _("Superior's access to what was left asked for"),
    "superiors_access_refused": _("Superior's access to what was left refused"),
    "test_letter_asked": _("Test letter asked for"),
    "transfer": _("Transfer recorded"),
    "try_again": _("Tried again"),
    "withdraw": _("Withdrawn"),
    "withdraw_attestation": _("Attestation withdrawn"),
    "withdraw_exemption": _("Exemption withdrawn"),
    # At the readiness gate.
    "central_ended": _("Central account refused, or its leave ended"),
    "central_given": _("Leave for a central account given"),
    "central_proposed": _("Leave for a central account proposed"),
    "decision_lapsed": _("Decision at the gate lapsed"),
    "decision_proposed": _("Decision at the gate proposed"),
    "decision_refused": _("Decision at the gate refused"),
    "decision_taken": _("Decision at the gate taken"),
    "decision_taken_back": _("Decision at the gate taken back"),
    "domain_added": _("Domain brought to the gate"),
    "domain_changed": _("Domain at the gate changed"),
    "domain_removed": _("Domain taken off the gate's list"),
    "domain_verified": _("Control over a domain shown"),
    "gate_moved": _("State at the gate changed"),
    "plan_closed": _("Plan of action taken back"),
    "plan_promised": _("Plan of action promised"),
    "readiness_token_made": _("Key to readiness results made"),
    "readiness_token_revoked": _("Key to readiness results revoked"),
    "statement_published": _("Public statement published"),
    "statement_withdrawn": _("Public statement withdrawn"),
    "waiver_approved": _("Waiver approved, waits for a second evaluator"),
    "waiver_asked": _("Waiver asked for"),
    "waiver_ended": _("Waiver refused or ended"),
    "waiver_given": _("Waiver in force"),
}

# What an event's facts are called, where no field of its kind of thing is.
_FACTS: Mapping[str, Promise | str] = {
    "accounts": _("accounts"),
    "agreed_by": _("agreed by"),
    "algorithm": _("kind of key"),
    "after": _("afterwards"),
    "answer": _("answer"),
    "asked by": _("asked by"),
    "before": _("before"),
    "broken": _("opened by no key"),
    "counted_from": _("counted from"),
    "domain": _("domain"),
    "from": _("from"),
    "import": _("import"),
    "kind": _("kind"),
    "letter": _("letter"),
    "letters": _("letters"),
    "on": _("on"),
    "on_behalf": _("send on behalf"),
    "order": _("order"),
    "posts": _("posts"),
    "reason": _("reason"),
    "rows": _("sealed things"),
    "cause": _("cause"),
    "domains": _("domains"),
    "evidence": _("evidence"),
    "grave": _("grave"),
    "role": _("used for"),
    "rules": _("rules"),
    "waivers": _("waivers"),
    "rule": _("rule"),
    "scopes": _("what it may do"),
    "selector": _("selector"),
    "send_as": _("send as"),
    "side": _("side"),
    "title": _("position"),
    "to": _("to"),
    "unit": _("unit"),
    "failed": _("failed"),
    "until": _("until"),
    "who": _("who"),
    "why": _("why"),
    "write": _("write"),
} | {name: verdict.label for verdict, name in plan.COUNTED.items()}


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
        before, after = (_chosen(model, name, each) for each in changes.get(name) or (None, None))
        line = _name_of(model, str(name))
        lines.append(f"{line}: {_said(before)} → {_said(after)}" if name in changes else line)
    lines += [
        f"{_name_of(model, name)}: {_said(_chosen(model, name, value))}"
        for name, value in details.items()
        if value
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


def _field_of(model: type[Model] | None, name: str) -> Any:
    try:
        return model._meta.get_field(name) if model else None
    except FieldDoesNotExist:
        return None


def _name_of(model: type[Model] | None, name: str) -> str:
    own = getattr(_field_of(model, name), "verbose_name", None)
    # A name that no model has put into words is Django's, made of the column's.
    known = own if isinstance(own, Promise) else _FACTS.get(name)
    return str(known) if known else name.replace("_", " ")


def _chosen(model: type[Model] | None, name: str, value: Any) -> Any:
    """A value that was chosen from a list by its name there: "Active" for "active"."""
    field = _field_of(model, name)
    choices = dict(getattr(field, "flatchoices", None) or ())
    return choices.get(value, value) if isinstance(value, str) else value


def _said(value: Any) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, list):
        return ", ".join(_said(each) for each in value)
    return str(value)
