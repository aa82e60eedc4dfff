"""One row of every table of people that the administration shows, all of one official's agency."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.db.models import Model

from accounts.models import (
    Account,
    Activation,
    AgencyCode,
    Attestation,
    Exemption,
    Grade,
    GradeScheme,
    ImportBatch,
    Mandate,
    MandateRule,
    Obligation,
    OfficialHoliday,
    OrgUnit,
    PersonnelOrder,
    ProvisioningJob,
    ProvisioningStep,
    SecondOpinion,
    Snapshot,
    Source,
)

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
DAY = date(2026, 11, 23)


def one_of_each(account: Account, *, by: Account) -> dict[str, Model]:
    """The rows by the name of their model, as the administration's addresses have it."""
    official, agency = account.official, account.agency
    assert official is not None
    assignment = official.assignments.get()
    unit = OrgUnit.objects.create(agency=agency, name_th=f"กองของ {agency.letter_code}")
    AgencyCode.objects.create(agency=agency, letter_code="ก")
    rule = a_rule()
    source = Source.objects.create(agency=agency, kind=Source.Kind.FILE, name=f"HR {agency.pk}")
    Activation.objects.create(
        account=account,
        kind="link",
        digest=account.address.encode(),
        made_at=NOW,
        expires_at=NOW + timedelta(days=9),
    )
    opinion = SecondOpinion(deed="reset_second_factor", account=account, reason="หาย")
    opinion.asked_by, opinion.asked_at = by, datetime.now(UTC)
    opinion.save()
    rows: list[Model] = [account, official, agency, assignment, assignment.position, unit, source]
    rows += [agency.domains.get(), rule, rule.mandate, _job(account), opinion]
    rows += [
        Obligation.objects.filter(official=official, rule=rule).first()
        or Obligation.objects.create(
            official=official, rule=rule, agency=agency, began_on=DAY, due_on=DAY
        ),
        Exemption.objects.create(
            rule=rule,
            official=official,
            reason=Exemption.Reason.LEAVE,
            letter_no="คค ๐๑/๑",
            starts_on=DAY,
            expires_on=DAY + timedelta(days=9),
            asked_by=by,
        ),
        Attestation.objects.create(agency=agency, by=account, attested_at=NOW),
        PersonnelOrder.objects.create(
            official=official,
            kind=PersonnelOrder.Kind.RESIGNED,
            effective_on=date(2099, 1, 1),
            from_agency=agency,
            recorded_by=by,
            recorded_at=NOW,
        ),
        Snapshot.objects.create(day=DAY, rule=rule, agency=agency, **_counts()),
        ImportBatch.objects.create(source=source, created_at=NOW, asked_by=by),
    ]
    return {str(row._meta.model_name): row for row in rows}


def tables() -> dict[str, Model]:
    """Rows that belong to no agency: every officer reads the same."""
    scheme, _made = GradeScheme.objects.get_or_create(code="c2535", defaults={"name_th": "ระบบซี"})
    grade, _made = Grade.objects.get_or_create(
        scheme=scheme, code="8", defaults={"name_th": "ระดับ 8"}
    )
    holiday, _made = OfficialHoliday.objects.get_or_create(
        day=date(2099, 4, 13), defaults={"name_th": "สงกรานต์"}
    )
    return {"gradescheme": scheme, "grade": grade, "officialholiday": holiday}


def a_rule() -> MandateRule:
    """A rule that binds everyone, made once."""
    mandate, _made = Mandate.objects.get_or_create(
        source_letter="นร ๐๕๐๖/ว ๕ ทดสอบ",
        defaults={"title_th": "หนังสือเวียน", "base_kind": "circular", "base_date": "2008-01-07"},
    )
    rule, _made = MandateRule.objects.get_or_create(
        mandate=mandate, name_th="ทุกคน", defaults={"covers": "everyone", "months": 12}
    )
    return rule


def _job(account: Account) -> ProvisioningJob:
    job = ProvisioningJob.objects.create(
        account=account, agency=account.agency, requested_at=NOW, state="failed"
    )
    ProvisioningStep.objects.create(job=job, name="mailbox", order=20, attempts=3)
    return job


def _counts() -> dict[str, int]:
    names = "eligible met late_met late_person late_agency waiting_gate exempt pending"
    return dict.fromkeys(names.split(), 1)
