"""The progress board over 400,000 officials: taking the count, and showing it."""

from __future__ import annotations

import time
from datetime import timedelta

from django.db import connection
from django.test import override_settings
from django.utils import timezone

from accounts.mandate import snapshots
from accounts.models import Agency, Mandate, MandateRule
from bench.measuring import Figure, at_most, interleaved_ms
from bench.population import account
from tests.cast import give_app, signed_in

OFFICIALS, AGENCIES, DIRECTORS, WEEKS = 400_000, 220, 8_000, 52


def measure() -> list[Figure]:
    rules = _rules()
    _agencies()
    _people(rules)
    today = timezone.localdate()
    begun = time.perf_counter()
    snapshots.take(today)
    took = time.perf_counter() - begun
    _weeks_before(today)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    reader = account("board")
    give_app(reader)
    client = signed_in(reader)
    with override_settings(ROOT_URLCONF="bench.reference"):
        times = interleaved_ms(
            {
                "reference": lambda: client.get("/reference/"),
                "board": lambda: client.get("/people/mandate/"),
                "whole table": lambda: client.get("/people/mandate/?show=all"),
            }
        )
    return [
        Figure("officials", OFFICIALS, "people"),
        Figure("taking the count of a day", took, "s"),
        at_most("the board", times["board"], "ms", 300),
        Figure("the board with every agency", times["whole table"], "ms"),
        Figure("the board / reference view", times["board"] / times["reference"], "ratio"),
    ]


def _rules() -> list[MandateRule]:
    Mandate.objects.update(is_in_force=False)
    mandate = Mandate.objects.create(
        title_th="มติคณะรัฐมนตรี",
        source_letter="นร ๐๕๐๖/ว ๕",
        base_kind=Mandate.BaseKind.CUSTOM,
        base_date=timezone.localdate() - timedelta(days=7 * WEEKS),
    )
    return [
        MandateRule.objects.create(
            mandate=mandate, name_th=name, covers=covers, months=months, order=months
        )
        for name, covers, months in (("ผู้อำนวยการขึ้นไป", "directors", 3), ("ทุกคน", "everyone", 12))
    ]


def _agencies() -> None:
    tops = Agency.objects.bulk_create(
        Agency(name_th=f"กระทรวงที่ {number}", kind=Agency.Kind.MINISTRY, state=Agency.State.LIVE)
        for number in range(20)
    )
    Agency.objects.bulk_create(
        Agency(
            name_th=f"กรมที่ {number}",
            parent=tops[number % 20],
            state=Agency.State.LIVE if number % 7 else Agency.State.NOT_READY,
        )
        for number in range(AGENCIES - 20)
    )


def _people(rules: list[MandateRule]) -> None:
    """Officials and their obligations, half of them met; made inside the database."""
    first = Agency.objects.order_by("pk").values_list("pk", flat=True)[0]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_official (id, title_th, given_name_th, family_name_th, title_en,"
            " given_name_en, family_name_en, phone, hides_phone)"
            " SELECT gen_random_uuid(), '', 'คนที่', n::text, '', '', '', '', false"
            " FROM generate_series(1, %s) AS n",
            [OFFICIALS],
        )
        for rule, heads in ((rules[0], DIRECTORS), (rules[1], OFFICIALS)):
            cursor.execute(
                "INSERT INTO accounts_obligation (official_id, rule_id, agency_id, began_on,"
                " due_on, state, evidence, met_on, is_waiting_gate)"
                " SELECT id, %s, %s + (n %% %s), CURRENT_DATE - 364, CURRENT_DATE + (n %% 60) - 30,"
                " CASE WHEN n %% 2 = 0 THEN 'met' WHEN n %% 60 < 30 THEN 'overdue'"
                " ELSE 'pending' END, '{}',"
                " CASE WHEN n %% 2 = 0 THEN CURRENT_DATE - (n %% 300) END, n %% 7 = 0"
                " FROM (SELECT id, (row_number() OVER ())::int AS n FROM accounts_official"
                " WHERE given_name_th = 'คนที่') AS people WHERE n <= %s",
                [rule.pk, first, AGENCIES, heads],
            )


def _weeks_before(today: object) -> None:
    """A year of earlier snapshots, so that the curve has all its points."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_snapshot (day, rule_id, agency_id, eligible, met, late_met,"
            " late_person, late_agency, waiting_gate, exempt, pending)"
            " SELECT day - d, rule_id, agency_id, eligible, met * (365 - d) / 365, late_met,"
            " late_person, late_agency, waiting_gate, exempt,"
            " pending + met - met * (365 - d) / 365"
            " FROM accounts_snapshot, generate_series(1, 364) AS d WHERE day = %s",
            [today],
        )
