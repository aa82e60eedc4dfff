"""A rule in plain words, as the list of filters shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailbox.filing.rules import Condition, Rule
from mailbox.standing.rules import Written

FIELDS = {
    "from": gettext_lazy("Sender"),
    "to": gettext_lazy("To or cc"),
    "subject": gettext_lazy("Subject"),
}
WAYS = {
    "contains": gettext_lazy("contains"),
    "is": gettext_lazy("is exactly"),
    "domain": gettext_lazy("is of the domain"),
}


@dataclass(frozen=True)
class Told:
    """A rule as a sentence in two halves; both empty where it does not open."""

    written: Written
    conditions: list[str]
    deeds: list[str]


def told(written: Written, folders: Mapping[str, str], labels: Mapping[str, str]) -> Told:
    """Say a rule in words; folders and labels: names by slug and id."""
    if written.rule is None:
        return Told(written, [], [])
    conditions = [_condition(one) for one in written.rule.conditions]
    return Told(written, conditions, _deeds(written.rule, folders, labels))


def _condition(one: Condition) -> str:
    if one.field == "attachment":
        return _("it has an attachment")
    if one.field == "list":
        return _("it comes from a mailing list")
    if one.field == "larger":
        size = f"{int(one.value) / 1024 / 1024:g}"
        return _("it is larger than %(size)s MB") % {"size": size}
    said = {"field": FIELDS[one.field], "how": WAYS[one.how], "value": one.value}
    return _("%(field)s %(how)s “%(value)s”") % said


def _deeds(rule: Rule, folders: Mapping[str, str], labels: Mapping[str, str]) -> list[str]:
    deeds, gone = rule.deeds, _("one that is gone")
    said = []
    if deeds.move_to:
        said.append(_("move to %(folder)s") % {"folder": folders.get(deeds.move_to, gone)})
    for label in deeds.labels:
        said.append(_("label %(label)s") % {"label": labels.get(label, gone)})
    said += [_("star")] if deeds.star else []
    said += [_("mark as read")] if deeds.read else []
    for address in deeds.forward_to:
        said.append(_("forward to %(address)s") % {"address": address})
    said += [_("ask no later filter")] if deeds.stop else []
    return said
