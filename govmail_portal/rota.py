"""Which queue each task waits in, and what the clock rings for, and how often (seconds)."""

from __future__ import annotations

from celery.schedules import crontab

# Accounts are opened from a queue of their own: neither waits for a thousand of the other.
ROUTES = {
    "mailbox.relay_urgent": {"queue": "urgent"},
    "mailbox.relay_urgent_turn": {"queue": "urgent"},
    "accounts.provision": {"queue": "people"},
    "accounts.carry_out_orders": {"queue": "people"},
    "accounts.read_import": {"queue": "people"},
    "accounts.apply_import": {"queue": "people"},
    "accounts.proof_came": {"queue": "people"},
    # What asks strangers' servers has workers of its own: one that is slow holds up nobody else.
    "accounts.readiness_dns": {"queue": "dns"},
    "accounts.readiness_net": {"queue": "net"},
    "accounts.readiness_probe": {"queue": "net"},
    "accounts.readiness_judge": {"queue": "people"},
    "accounts.readiness_due": {"queue": "people"},
    "accounts.close_readiness_day": {"queue": "people"},
    "accounts.forget_readiness": {"queue": "people"},
    # Strangers' DNS and mail servers take their time; letters of officials do not wait for them.
    "mailbox.read_test_letter": {"queue": "people"},
    "mailbox.write_to_saraban": {"queue": "people"},
}

SCHEDULE = {
    "file what has arrived": {"task": "mailbox.file_due", "schedule": 60.0},
    "relay what is due": {"task": "mailbox.relay_due", "schedule": 60.0},
    "wake what was snoozed": {"task": "mailbox.wake_due", "schedule": 60.0},
    "sort what is due": {"task": "mailbox.sort_due", "schedule": 60.0},
    "answer for the absent": {"task": "mailbox.answer_due", "schedule": 60.0},
    "write and close test letters": {"task": "mailbox.test_letters_due", "schedule": 60.0},
    "tell who waits for an answer": {"task": "mailbox.tell_of_delays", "schedule": 300.0},
    "tell who uses an office": {"task": "mailbox.tell_of_newcomers", "schedule": 120.0},
    "look for DKIM records": {"task": "mailbox.look_for_records", "schedule": 600.0},
    "tell whose record has gone": {
        "task": "mailbox.tell_of_records",
        "schedule": crontab(hour=3, minute=30),
    },
    "sweep what nobody has": {"task": "mailbox.sweep", "schedule": 3600.0},
    "plan what identity systems said": {"task": "accounts.scim_due", "schedule": 60.0},
    "read and carry out imports": {"task": "accounts.imports_due", "schedule": 60.0},
    "open the accounts that are due": {"task": "accounts.provision_due", "schedule": 60.0},
    "carry out personnel orders": {"task": "accounts.carry_out_orders", "schedule": 60.0},
    "plan the year's retirements": {"task": "accounts.plan_retirements", "schedule": 900.0},
    "retain what was left": {"task": "accounts.retain_left", "schedule": 3600.0},
    "close the mandate's day": {"task": "accounts.close_mandate_day", "schedule": 900.0},
    "measure what is due": {"task": "accounts.readiness_due", "schedule": 60.0},
    "close the day of readiness": {"task": "accounts.close_readiness_day", "schedule": 900.0},
    "forget old readiness runs": {"task": "accounts.forget_readiness", "schedule": 3600.0},
    # In office hours: nobody is told at night that they are late.
    "remind who is due": {"task": "accounts.remind", "schedule": crontab(hour="8-17", minute=5)},
}
