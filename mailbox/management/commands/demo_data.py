"""Load the demo: agencies, people, offices, gateways, mail; again: only what is missing."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from mailbox.demo import gateways, mail, people
from mailbox.demo.bureau import mandate, offices
from mailbox.demo.internet import loading
from mailbox.demo.relaying import fates, keys


class Command(BaseCommand):
    help = "Load the demo's agencies, people, offices, gateways, mail; what is there stays."

    def handle(self, *args: Any, **options: Any) -> None:
        others = people.strangers()
        if others and not people.is_loaded():
            raise CommandError(
                f"This portal has {others} accounts that are not the demo's. Demo people have "
                "a password that everybody knows, so they are not loaded here."
            )
        made = people.load_people()
        count = gateways.load_gateways()
        keys.load_keys(timezone.now())
        letters = mail.load_mail(now=timezone.now())
        letters += fates.load_fates(timezone.now())
        desks = offices.load_offices(timezone.now())
        mandate.load_mandate(timezone.now())
        loading.load_internet(timezone.now())
        self.stdout.write(
            f"Demo: {made} people, {desks} offices, {count} gateways, {letters} letters."
        )
