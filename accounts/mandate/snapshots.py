"""How each rule stood in each agency at the end of a day: one row each, kept for ever.

Counted by the database in one statement: with 400,000 officials nothing may be loaded.
"""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from accounts.models import Snapshot

# Every duty in force is in exactly one of the columns after `eligible`. A proof that came after
# the day does not count yet; overdue is whatever was due before the end of the day.
_TAKE = """
INSERT INTO accounts_snapshot (day, rule_id, agency_id, eligible, met, late_met, exempt,
                               late_person, late_agency, waiting_gate, pending)
SELECT %(day)s, rule_id, agency_id, count(*),
       count(*) FILTER (WHERE is_done AND state = 'met'),
       count(*) FILTER (WHERE is_done AND state = 'late_met'),
       count(*) FILTER (WHERE is_released),
       count(*) FILTER (WHERE is_open AND is_late AND NOT is_waiting_gate),
       count(*) FILTER (WHERE is_open AND is_late AND is_waiting_gate),
       count(*) FILTER (WHERE is_open AND NOT is_late AND is_waiting_gate),
       count(*) FILTER (WHERE is_open AND NOT is_late AND NOT is_waiting_gate)
  FROM (SELECT rule_id, agency_id, state, is_waiting_gate, is_done, is_released,
               NOT is_done AND NOT is_released AS is_open, due_on < %(day)s AS is_late
          FROM (SELECT rule_id, agency_id, state, is_waiting_gate, due_on,
                       state IN ('met', 'late_met') AND met_on <= %(day)s AS is_done,
                       state IN ('exempt', 'suspended') AS is_released
                  FROM accounts_obligation
                 WHERE state <> 'void') AS duty) AS stood
 GROUP BY rule_id, agency_id
"""


@transaction.atomic
def take(day: date) -> int:
    """Write the rows of a day in Thailand as it ends, in place of any taken before on that day.

    Gives how many rows. Days that are over are history: take only the newest, or the night
    before it.
    """
    Snapshot.objects.filter(day=day).delete()
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"day": day})
        return int(cursor.rowcount)
