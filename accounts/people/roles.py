"""Who may administer what: roles are Django groups, written after every migration.

Each app grants its own rights by name; nobody has any but those listed. HR knows
people but no gateway; operators know gateways but no password. Only together
could they open a stranger's mailbox: one sets the password, the other resets the
second factor. Auditors read the record of acts of the whole portal, and do nothing else.
Evaluators decide at the readiness gate, two at a time, and on no agency of their own line.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.contrib.auth.models import Group, Permission

HR_OFFICER = "HR officer"
OPERATOR = "Operator"
AUDITOR = "Auditor"
MAIL_OFFICER = "Mail officer"
EVALUATOR = "Evaluator"

_RIGHTS: dict[str, set[str]] = defaultdict(set)


def grant(role: str, *rights: str) -> None:
    """Give a role rights such as "accounts.change_official"; called while the apps load."""
    _RIGHTS[role].update(rights)


def write_roles(**signal: Any) -> None:
    """Make the groups hold exactly what was granted; what does not exist yet follows later."""
    known = {
        f"{each.content_type.app_label}.{each.codename}": each
        for each in Permission.objects.select_related("content_type")
    }
    for role, rights in _RIGHTS.items():
        group, _created = Group.objects.get_or_create(name=role)
        group.permissions.set([known[right] for right in sorted(rights) if right in known])


def rights_over(action_names: str, *models: str) -> list[str]:
    """Spell out rights: `rights_over("view change", "official")`, within accounts."""
    return [f"accounts.{action}_{model}" for model in models for action in action_names.split()]
