"""P6 for the pages about people: every URL with an id is 404 for officials and strange officers.

The rows are the Ministry of Interior's; its own officer reaches each page. A pattern whose
arguments have no sample here fails the walk, so that a new view cannot be forgotten.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from accounts.directory import plan
from accounts.directory.files.uploads import source_of_files
from accounts.mandate import attestations, exemptions
from accounts.models import (
    Account,
    Agency,
    Attestation,
    CentralGrant,
    Exemption,
    ImportBatch,
    MandateRule,
    OrgUnit,
    Position,
    ScimToken,
)
from accounts.people.roles import EVALUATOR, HR_OFFICER, MAIL_OFFICER
from accounts.readiness import waivers
from accounts.readiness.telling import tokens
from mailbox.models import Gateway, Mailbox, Submission
from mailbox.outbound import drafting
from mailbox.outbound.domains import keys
from mailbox.outbound.gateways import trial
from mailbox.outbound.submission import send
from tests.accounts.provisioning.newcomers import asked_for, newcomer
from tests.accounts.scim.clients import token_of
from tests.accounts.web.readiness.rows import decision_of, domain_of, run_of
from tests.cast import Cast, person, signed_in
from tests.promises.test_p6_what_you_may_not_see_does_not_exist import (
    ABOUT_PEOPLE,
    addresses,
    statuses,
)

pytestmark = pytest.mark.django_db

# The SCIM server knows no sessions: its own tests walk it with tokens.
PEOPLE = [each for each in addresses() if each.arguments and each.route.startswith(ABOUT_PEOPLE[0])]
# What everybody may see: the government directory is for all who are signed in.
FOR_EVERYBODY = {
    "accounts:directory-agency",
    "accounts:directory-office",
    "accounts:directory-post",
}


@pytest.fixture
def ines(cast: Cast) -> Account:
    """The HR officer of the Ministry of Interior, its mail officer, and an evaluator: she sees
    the evaluators' pages of her own ministry, and may decide nothing there.
    """
    made = person(
        "ines", cast.interior, "อิเนส ใจงาม", "Ines Jaingam", post=("นักบุคคล", "HR officer")
    )
    made.is_staff = True
    made.save(update_fields=["is_staff"])
    made.groups.add(*Group.objects.filter(name__in=(HR_OFFICER, MAIL_OFFICER, EVALUATOR)))
    return made


@pytest.fixture
def interiors(cast: Cast, ines: Account, settings: Settings) -> dict[str, Any]:
    """One of everything that is the Ministry of Interior's, by the name the URLs give it."""
    settings.DNS_RESOLVERS = ["nobody is asked"]
    domain = cast.interior.domains.get()
    gateway = Gateway.objects.create(agency=cast.interior, name="g", host="127.0.0.1")
    return {
        "agency": cast.interior.pk,
        "gateway": gateway.pk,
        "domain": domain.pk,
        "signing_key": keys.make(domain, "ed25519-sha256", by=ines, now=timezone.now()).pk,
        "submission": letter_of(cast.chiara).pk,
        "ticket": trial.ask(gateway, by=ines, now=timezone.now()),
        "kind": "none",
        "day": date(2008, 1, 7),
        "job": asked_for(newcomer(cast.interior)).pk,
        "batch": planned_import(cast.interior).pk,
        "unit": OrgUnit.objects.create(agency=cast.interior, name_th="กองแผนงาน").pk,
        "post": Position.objects.filter(agency=cast.interior).values_list("pk", flat=True)[0],
        "scim_token": identity_token(cast.interior, ines),
        "exemption": asked_exemption(cast.chiara, ines).pk,
        "attestation": attested(cast.interior, ines).pk,
    } | at_the_gate(cast.interior, ines)


def at_the_gate(agency: Agency, officer: Account) -> dict[str, Any]:
    """What the readiness gate knows of an agency."""
    now = timezone.now()
    domain = domain_of(agency)
    run_of(domain, but={"TR-1": "fail"})
    tomorrow = timezone.localdate() + timedelta(days=1)
    reason = {"reason": "x", "letter_no": "มท 1/3", "expires_on": tomorrow}
    token, _text = tokens.make(agency, "x", by=officer, now=now)
    return {
        "checked": domain.pk,
        "code": "TR-1",
        "letter": "signed",
        "waiver": waivers.ask(domain, "TR-1", by=officer, now=now, **reason).pk,
        "decision": decision_of(agency, officer).pk,
        "readiness_token": token.pk,
        "grant": leave_of(agency, officer).pk,
    }


def leave_of(agency: Agency, officer: Account) -> CentralGrant:
    """Leave for a central account that waits for a second evaluator."""
    official = newcomer(agency).official
    assert official is not None
    now = timezone.now()
    return CentralGrant.objects.create(
        official=official,
        letter_no="x",
        reason="x",
        until=now + timedelta(days=1),
        decided_by=officer,
        decided_at=now,
    )


def letter_of(author: Account) -> Submission:
    """A letter of the Ministry of Interior's that is owed to somebody outside."""
    box, now = Mailbox.objects.get(account=author), timezone.now()
    draft = drafting.start(box, by=author, now=now)
    values = {"subject": "x", "text": "y", "to": [{"address": "emil@else.example"}]}
    drafting.save(draft, values, version=draft.version, now=now)
    draft.refresh_from_db()
    return send(draft, by=author, now=now)


def planned_import(agency: Agency) -> ImportBatch:
    source = source_of_files(agency)
    return plan.make(source, [], by=None, now=timezone.now(), reads_all=True)


def asked_exemption(account: Account, officer: Account) -> Exemption:
    """An exemption that the officer has asked for, for somebody else."""
    today = timezone.localdate()
    return exemptions.ask(
        rule=MandateRule.objects.all()[0],
        official=account.official,
        reason="leave",
        letter_no="มท 1/1",
        starts_on=today,
        expires_on=today,
        by=officer,
        now=timezone.now(),
    )


def attested(agency: Agency, officer: Account) -> Attestation:
    return attestations.attest(agency, letter_no="มท 1/2", by=officer, now=timezone.now())


def identity_token(agency: Agency, officer: Account) -> int:
    """The number of a token of an agency's identity system."""
    token_of(agency, officer)
    return ScimToken.objects.get().pk


@pytest.mark.parametrize("who", ["amina", "bruno", "chiara", "hana"])
def test_for_officials_and_strange_officers_none_exists(
    cast: Cast, interiors: dict[str, Any], who: str
) -> None:
    client = signed_in(getattr(cast, who))
    for address in PEOPLE:
        if address.name in FOR_EVERYBODY:
            continue
        found = statuses(client, address.filled(interiors))
        # Some pages take only one method; the other is refused before anything is looked up.
        assert 404 in found, (address, found)
        assert found <= {404, 405}, (address, found)


def test_for_its_own_officer_every_page_is_there(
    cast: Cast, ines: Account, interiors: dict[str, Any]
) -> None:
    client = signed_in(ines)
    for address in PEOPLE:
        if "kind" in address.arguments:  # a kind of file that there is none of
            continue
        assert 404 not in statuses(client, address.filled(interiors)), address


def test_nobody_reaches_no_page_but_the_door(interiors: dict[str, Any]) -> None:
    client = Client()
    for address in PEOPLE:
        for answer in (
            client.get(address.filled(interiors)),
            client.post(address.filled(interiors)),
        ):
            assert answer.status_code == 302, address
            assert answer["Location"].startswith("/account/login/")
