"""Writes the profiles beside this file into the tables, after every migration."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from accounts.models import Rule, RuleProfile

_HERE = Path(__file__).parent
_KEPT = ("code", "revision", "pillar", "level", "params", "source")


class PublishedProfileChanged(ImproperlyConfigured):
    """A file says something else than the version of its number that was published."""


def load(**signal: Any) -> None:
    """Write down what is missing; called after a migration that may not have gone so far."""
    if {"accounts_ruleprofile", "accounts_rule"} <= set(connection.introspection.table_names()):
        load_profiles()


@transaction.atomic
def load_profiles(folder: Path = _HERE) -> None:
    """Publish each version that is not yet there. Raises PublishedProfileChanged."""
    for file in sorted(folder.glob("*.json"), key=lambda each: int(each.stem)):
        wanted = json.loads(file.read_text(encoding="utf-8"))
        if wanted["version"] != int(file.stem):
            raise ImproperlyConfigured(f"{file.name} is not version {wanted['version']}.")
        published = RuleProfile.objects.filter(pk=wanted["version"]).first()
        if published is None:
            _publish(wanted)
        else:
            _compare(wanted, published)


def _publish(wanted: dict[str, Any]) -> None:
    profile = RuleProfile.objects.create(
        version=wanted["version"],
        valid_from=date.fromisoformat(wanted["valid_from"]),
        title=wanted["title"],
    )
    Rule.objects.bulk_create(
        Rule(profile=profile, order=order, **{name: rule[name] for name in _KEPT})
        for order, rule in enumerate(wanted["rules"], start=1)
    )


def _compare(wanted: dict[str, Any], published: RuleProfile) -> None:
    """Refuse a file that differs: verdicts and decisions rest on what was published."""
    differing = [
        name
        for name in ("valid_from", "title")
        if wanted[name] != str(getattr(published, name) or "")
    ]
    there = {rule.code: rule for rule in published.rules.order_by("order")}
    codes = [rule["code"] for rule in wanted["rules"]]
    if codes != list(there):
        differing.append("the list of its rules")
    for rule in wanted["rules"]:
        differing += [
            f"{rule['code']} {name}"
            for name in _KEPT
            if rule["code"] in there and rule[name] != getattr(there[rule["code"]], name)
        ]
    if differing:
        raise PublishedProfileChanged(
            f"Readiness profile {published.version} has been published, and decisions cite it; "
            f"{published.version}.json now differs in {', '.join(differing)}. "
            f"Put it back, and write the change as version {published.version + 1}."
        )
