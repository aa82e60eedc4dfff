from __future__ import annotations

import json
from collections.abc import Sequence
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent, Outcome, ScanRun
from accounts.probing.ground import Ground
from accounts.readiness import evidence
from accounts.readiness.scanning import at_once, stages
from tests.accounts.readiness.scanning.gatherer import Gatherer
from tests.accounts.readiness.scene import agency, domain, run, scanned

pytestmark = pytest.mark.django_db


@pytest.fixture
def gatherer(monkeypatch: pytest.MonkeyPatch) -> Gatherer:
    made = Gatherer()
    made.stand_in(monkeypatch)
    monkeypatch.setattr(at_once, "ask_dns", made._ask_dns)
    monkeypatch.setattr(at_once, "ask_net", made._ask_net)
    monkeypatch.setattr("accounts.readiness.scanning.from_settings", Ground)
    monkeypatch.setattr(at_once, "from_settings", Ground)
    return made


def said(*words: str) -> tuple[int, str]:
    """The exit status, and what was said."""
    out, status = StringIO(), 0
    try:
        call_command("check_readiness", *words, stdout=out, stderr=StringIO())
    except SystemExit as ended:
        status = int(ended.code or 0)
    return status, out.getvalue()


def test_a_domain_is_measured_here_and_now_and_passes(gatherer: Gatherer) -> None:
    mail = domain(agency())
    status, text = said(mail.name)
    assert (status, "Nothing blocks." in text) == (0, True)
    assert ScanRun.objects.get(domain=mail).trigger == "command"


def test_what_blocks_comes_first_and_is_in_the_status(gatherer: Gatherer) -> None:
    gatherer.said = {"TR-1": Outcome.FAIL}
    mail = domain(agency())
    status, text = said(mail.name)
    assert status == 1
    assert text.splitlines()[1].startswith("! B TR-1   FAIL")
    assert "Blocked by: TR-1" in text


def test_what_is_not_known_is_no_failure_and_no_success(gatherer: Gatherer) -> None:
    gatherer.said = {"TR-1": Outcome.UNKNOWN}
    assert said(domain(agency()).name)[0] == 3


def test_a_dry_run_keeps_nothing_and_needs_no_list(gatherer: Gatherer) -> None:
    gatherer.said = {"TR-1": Outcome.FAIL}
    status, text = said("elsewhere.go.th", "--dry-run")
    assert (status, "Nothing was kept." in text) == (1, True)
    assert not ScanRun.objects.exists()


def test_a_domain_on_nobodys_list_is_named() -> None:
    with pytest.raises(CommandError, match="nobody|On no agency's list: elsewhere.go.th"):
        said("elsewhere.go.th")


def test_an_agency_is_told_of_with_its_domains_and_its_gate() -> None:
    mail = domain(agency())
    scanned(mail, {"TR-1": Outcome.FAIL})
    status, text = said("--agency", str(mail.agency_id), "--known")
    assert status == 1
    assert text.startswith(f"{mail.agency} (agency {mail.agency_id}): not_ready since")
    assert mail.name in text


def test_every_agency_at_once_as_json() -> None:
    for outcome in (Outcome.PASS, Outcome.FAIL):
        scanned(domain(agency()), {"TR-1": outcome})
    status, text = said("--all", "--known", "--json")
    found = json.loads(text)
    assert status == 1
    assert [each["blocked"] for each in found] == [False, True]
    assert {each["rule"] for each in found[1]["domains"][0]["rules"] if each["blocks"]} == {"TR-1"}


def kept(of: Sequence[object] = ()) -> ScanRun:
    """A run with evidence of its own."""
    made = run(domain(agency()))
    packed, digest = evidence.pack(evidence.unpack(b""))
    subject = stages.subject_of(made.domain, made.requested_at).to_json()
    ScanRun.objects.filter(pk=made.pk).update(evidence=packed, digest=digest, subject=subject)
    made.results.all().delete()
    made.refresh_from_db()
    return made


def test_a_replay_tells_verdicts_that_differ_and_those_that_do_not() -> None:
    made = kept()
    status, text = said("--replay", str(made.pk))
    assert (status, "is judged otherwise now" in text) == (1, True)
    stages.standing.record(made, evidence.replay(made), made.requested_at)
    status, text = said("--replay", str(made.pk))
    assert (status, "gives the same" in text) == (0, True)


def test_evidence_that_was_tampered_with_is_told() -> None:
    made = kept()
    ScanRun.objects.filter(pk=made.pk).update(digest="0" * 64)
    with pytest.raises(CommandError, match="not the evidence|not what it is cited by"):
        said("--replay", str(made.pk))


def test_an_agency_is_taken_over_by_letter_and_written_down() -> None:
    made = agency()
    assert said("--adopt", str(made.pk), "--letter", "นร ๑", "--dry-run")[0] == 0
    made.refresh_from_db()
    assert made.state == "unassessed"
    said("--adopt", str(made.pk), "--letter", "นร ๑")
    made.refresh_from_db()
    assert made.state == "live"
    assert AuditEvent.objects.get(act="gate_moved").details["letter"] == "นร ๑"
    with pytest.raises(CommandError, match="letter"):
        said("--adopt", str(agency().pk))


def test_a_wrong_call_is_told() -> None:
    for words in ((), ("--agency", "none"), ("--replay", "99999999"), ("127.0.0.1",)):
        with pytest.raises(CommandError):
            said(*words)
