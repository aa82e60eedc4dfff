"""Standing orders for the tests: a rule and an absence, sealed as the pages seal them."""

from __future__ import annotations

from datetime import datetime, timedelta

from mailbox import opening
from mailbox.filing.absences import Texts
from mailbox.filing.rules import Condition, Deeds, Rule
from mailbox.models import FilterRule, Mailbox, Vacation
from mailbox.standing import absences, rules

DARA = Condition("from", "is", "dara@elsewhere.example")


def give_rule(mailbox: Mailbox, *conditions: Condition, **deeds: object) -> FilterRule:
    """Have a mailbox follow a rule; about Dara's letters unless said."""
    rule = Rule("ของดารา", conditions=conditions or (DARA,), deeds=Deeds(**deeds))  # type: ignore[arg-type]  # a test's short way
    return rules.add(mailbox, rule, private_key=opening.mailbox_key(mailbox))


def be_away(
    mailbox: Mailbox,
    now: datetime,
    *,
    inside: str = "ไม่อยู่ค่ะ คนในถามฝ่ายแผน",
    outside: str = "Away until Monday.",
    subject: str = "",
) -> Vacation:
    """Switch on the replies of a mailbox, from yesterday to a week ahead."""
    return absences.begin(
        mailbox,
        Texts(subject, inside, outside),
        private_key=opening.mailbox_key(mailbox),
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=7),
        now=now,
    )
