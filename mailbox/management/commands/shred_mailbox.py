"""`manage.py shred_mailbox`: destroy a mailbox's key, and delete what it opened."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Account
from govmail_portal.errors import PortalError
from mailbox.models import Mailbox, MailboxAddress
from mailbox.operating import shredding


class Command(BaseCommand):
    help = "Destroys a mailbox's key for ever; nobody opens its mail afterwards."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", help="any address that leads to the mailbox")
        parser.add_argument("--asked-by", metavar="ADDRESS", help="the officer who decided it")
        parser.add_argument("--agreed-by", metavar="ADDRESS", help="another one, who agreed")
        parser.add_argument("--reason", default="", help="for the record; nothing of any mail")
        parser.add_argument("--confirm", metavar="ADDRESS", help="instead of typing it again")
        parser.add_argument("--dry-run", action="store_true", help="say what would go")

    def handle(self, *args: Any, **options: Any) -> None:
        box = _mailbox(options["address"])
        has = shredding.inventory(box)
        self.stdout.write(
            f"Mailbox {box.pk}: {has.messages:,} messages, {has.drafts:,} drafts;"
            f" {has.owed:,} letters are still owed to others, and go out."
        )
        if options["dry_run"]:
            self.stdout.write("Nothing was changed.")
            return
        asked, agreed = (_officer(options[name]) for name in ("asked_by", "agreed_by"))
        try:
            shredding.check(box, asked_by=asked, agreed_by=agreed, reason=options["reason"])
            _confirm(options)
            shredding.shred_for(
                box, asked_by=asked, agreed_by=agreed, reason=options["reason"], now=timezone.now()
            )
        except PortalError as error:
            raise CommandError(str(error)) from None
        self.stdout.write(
            "Shredded. Its key is left in backups, replicas and PostgreSQL's log until they are"
            " over: see SECURITY.md."
        )


def _mailbox(address: str) -> Mailbox:
    found = MailboxAddress.objects.filter(address=address.lower()).select_related("mailbox").first()
    if found is None:
        raise CommandError("No mailbox has this address.")
    return found.mailbox


def _officer(address: str | None) -> Account | None:
    return Account.objects.filter(address=address.lower()).first() if address else None


def _confirm(options: dict[str, Any]) -> None:
    typed = options["confirm"]
    if typed is None:
        typed = input("Nothing brings it back. Type the mailbox's address again: ")
    if typed.strip().lower() != options["address"].lower():
        raise CommandError("That is another address; nothing was changed.")
