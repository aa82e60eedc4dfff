"""Print the demo logins with the codes their authenticator apps show at this moment."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from accounts.models import TotpDevice
from accounts.signing_in import sealing, totp
from mailbox.demo import people


class Command(BaseCommand):
    help = "Print the demo logins with their current codes; refuses where no demo was loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        if not people.is_loaded():
            raise CommandError(
                "No demo was loaded into this portal (manage.py demo_data), so there are no "
                "logins to print."
            )
        now = timezone.now()
        codes = _codes(totp.step_at(now))
        if options["json"]:
            self.stdout.write(json.dumps(_for_scripts(codes), ensure_ascii=False))
            return
        left = totp.STEP_SECONDS - int(now.timestamp()) % totp.STEP_SECONDS
        self.stdout.write(f"Password of every demo account: {people.DEMO_PASSWORD}")
        self.stdout.write(f"Codes of this moment, good for {left} more seconds:\n")
        for person in people.officials():
            code = codes.get(person.address, "------")
            role = f" [{person.role}]" if person.role else ""
            about = f"{person.name_en}, {person.post_en}{role}"
            self.stdout.write(f"  {person.address:<26} {code}  {about}")


def _for_scripts(codes: dict[str, str]) -> dict[str, object]:
    """Return the first officer, who writes the circular, and everybody's login."""
    agencies = people.letter_codes()
    logins = [
        {
            "address": person.address,
            "name": person.name_en,
            "agency": agencies[person.agency],
            "password": people.DEMO_PASSWORD,
            "code": codes.get(person.address, ""),
            "role": person.role,
        }
        for person in people.officials()
    ]
    return {"officer": people.officials()[0].address, "logins": logins}


def _codes(step: int) -> dict[str, str]:
    """Return address and code; only of apps the demo itself set up, never of a replaced one."""
    own = {person.address: person.totp_secret for person in people.officials()}
    devices = TotpDevice.objects.filter(confirmed=True, user__address__in=own)
    codes = {}
    for device in devices.select_related("user"):
        secret = sealing.open_secret(device.sealed_secret, device.user)
        if secret == own[device.user.address]:
            codes[device.user.address] = totp.code_at(secret, step)
    return codes
