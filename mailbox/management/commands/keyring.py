"""`manage.py keyring`: make a set of keys, put a new one in use, move to it, retire the old."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from govmail_portal.errors import PortalError
from mailbox.filing.rotation import pairs, retiring, rewrapping
from mailbox.filing.rotation.figures import Pace, Progress
from mailbox.models import MailboxAddress
from mailbox.sealing import key_files, keyring
from mailbox.sealing.key_files import KeyringUnusable, Rotated
from mailbox.sealing.keyring import StoredKeyring

_ROTATED: tuple[Rotated, ...] = ("storage", "ingest", "relay", "returns")


class Command(BaseCommand):
    help = "Keys: make them, rotate them, and tell what is sealed with which."
    # It makes the keyring whose absence the checks complain about.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        deeds = parser.add_subparsers(dest="deed", required=True)
        new = deeds.add_parser("new", help="write web.json, worker.json and lmtp.json")
        new.add_argument("--into", type=Path, required=True, metavar="FOLDER")
        status = deeds.add_parser("status", help="what is sealed with which key")
        rotate = deeds.add_parser("rotate", help="add a new key, use it, and re-wrap")
        rotate.add_argument("name", choices=_ROTATED)
        rotate.add_argument(
            "--no-rewrap",
            action="store_true",
            help="only change the files, to carry them to other machines first",
        )
        complete = deeds.add_parser(
            "complete", help="give a set of an older version the keys it lacks"
        )
        rewrap = deeds.add_parser("rewrap", help="go on re-wrapping under the keys in use")
        retire = deeds.add_parser("retire", help="take a key out that nothing uses any more")
        retire.add_argument("name", choices=_ROTATED)
        retire.add_argument("key_id")
        pair = deeds.add_parser("rotate-mailbox", help="give one mailbox a new pair, or go on")
        pair.add_argument("address", nargs="?", help="of the mailbox; without: all begun ones")
        pair.add_argument(
            "--wait",
            type=int,
            default=60,
            metavar="SECONDS",
            help="let pages that are being made end, before the old key is destroyed (60)",
        )
        for deed in (status, rotate, complete, rewrap, retire, pair):
            deed.add_argument(
                "--keys",
                type=Path,
                metavar="FOLDER",
                help="where the key files are (the folder of KEYRING_FILE)",
            )
        for deed in (rotate, rewrap, retire, pair):
            deed.add_argument("--dry-run", action="store_true", help="say it, change nothing")
        for deed in (rotate, rewrap, pair):
            deed.add_argument("--batch", type=int, default=rewrapping.BATCH, metavar="ROWS")

    def handle(self, *args: Any, **options: Any) -> None:
        deed = getattr(self, "_" + options["deed"].replace("-", "_"))
        try:
            deed(options)
        except KeyringUnusable as error:
            raise CommandError(error.reason) from None
        except PortalError as error:
            raise CommandError(str(error)) from None

    def _new(self, options: dict[str, Any]) -> None:
        try:
            key_files.write_new_set(options["into"])
        except FileExistsError as error:
            raise CommandError(f"{error} is there already; nothing was written.") from None
        self.stdout.write(f"Wrote web.json, worker.json and lmtp.json into {options['into']}.")

    def _status(self, options: dict[str, Any]) -> None:
        held = _held(_folder(options))
        with keyring.using(held):
            for name in _ROTATED:
                self._tell_uses(name, held)
            for figure in rewrapping.progress():
                self._tell(figure)
        for change in pairs.under_way():
            self.stdout.write(
                f"mailbox {change.pk}: its pair is being changed since"
                f" {change.started_at:%Y-%m-%dT%H:%M:%SZ}; walk {change.walk} of 2,"
                f" {change.done:,} of {change.total:,} rows"
            )

    def _tell_uses(self, name: Rotated, held: StoredKeyring) -> None:
        uses = retiring.uses(name)
        for key_id in dict.fromkeys([*held.ids(name), *(used for _, used in uses)]):
            under = [f"{rows} {kind}" for (kind, used), rows in uses.items() if used == key_id]
            mark = "in use" if held.active.get(name) == key_id else "old"
            if key_id not in held.ids(name):
                mark = "NOT IN THE KEYRING"
            self.stdout.write(f"{name} {key_id} ({mark}): {', '.join(under) or 'nothing'}")

    def _rotate(self, options: dict[str, Any]) -> None:
        folder, name = _folder(options), options["name"]
        if not key_files.holders(folder, name):
            raise CommandError(f"No file in {folder} has {name} keys.")
        if options["dry_run"]:
            self.stdout.write(f"Would add a {name} key to the files in {folder}, and re-wrap:")
            return self._rewrap(options)
        with keyring.using(_held(folder)):
            rewrapping.check_opens()
        key_id = key_files.add_key(folder, name)
        self.stdout.write(f"New {name} key in use: {key_id}")
        if not options["no_rewrap"]:
            self._rewrap(options)

    def _complete(self, options: dict[str, Any]) -> None:
        folder = _folder(options)
        changed = key_files.complete(folder)
        if not changed and options["verbosity"]:
            self.stdout.write(f"The set in {folder} lacks nothing.")
        for role in changed:
            self.stdout.write(f"{role}.json: returns key added; carry the file to its machine.")

    def _rewrap(self, options: dict[str, Any]) -> None:
        with keyring.using(_held(_folder(options))):
            if options["dry_run"]:
                for figure in rewrapping.progress():
                    self._tell(figure)
                return
            rewrapping.check_opens()
            last = self._follow(rewrapping.rewrap(batch=options["batch"]))
        if broken := sum(figure.broken for figure in last):
            raise CommandError(
                f"{broken:,} cannot be opened with these key files, and stay as they are:"
                " the log has their ids."
            )

    def _rotate_mailbox(self, options: dict[str, Any]) -> None:
        address, left = options["address"], 0
        chosen = [_mailbox(address)] if address else [change.pk for change in pairs.under_way()]
        for mailbox in chosen:
            if options["dry_run"]:
                self.stdout.write(f"Would give mailbox {mailbox} a new pair.")
                continue
            try:
                self._change_pair(mailbox, options)
            except PortalError as error:
                if address:
                    raise
                left += 1
                self.stderr.write(f"Mailbox {mailbox}: {error}")
        if not chosen:
            self.stdout.write("No mailbox's pair is being changed.")
        if left:
            raise CommandError(f"{left} of {len(chosen)} are not done; run it again.")

    def _change_pair(self, mailbox: UUID, options: dict[str, Any]) -> None:
        with keyring.using(_held(_folder(options))):
            self._follow(pairs.change(mailbox, now=timezone.now(), batch=options["batch"]))
            time.sleep(options["wait"])
            done = pairs.finish(mailbox, now=timezone.now())
        broken = f" {done.broken:,} rows open with no key." if done and done.broken else ""
        self.stdout.write(f"Mailbox {mailbox} has a new pair; the old is destroyed.{broken}")

    def _follow(self, figures: Iterable[Progress]) -> list[Progress]:
        """Tell each figure as it comes; return the last of each kind."""
        pace, last = Pace(time.monotonic), {}
        for figure in figures:
            self._tell(figure, pace)
            last[figure.kind] = figure
        return list(last.values())

    def _retire(self, options: dict[str, Any]) -> None:
        folder, name, key_id = _folder(options), options["name"], options["key_id"]
        held = key_files.joined(*key_files.read_set(folder).values())
        if key_id not in held.ids(name):
            raise CommandError(f"No file in {folder} has the {name} key {key_id}.")
        if key_id in {one.active.get(name) for one in key_files.read_set(folder).values()}:
            raise CommandError(f"{key_id} is in use for new things; rotate first.")
        if options["dry_run"]:
            retiring.check_unused(name, key_id)
            self.stdout.write(f"Would retire {key_id}: nothing is sealed with it.")
            return
        retiring.retire(name, key_id, now=timezone.now())
        key_files.drop_key(folder, name, key_id)
        what = "Backups made under it can no longer be opened."
        if name == "returns":
            what = "Reports on letters that left under it are refused from now on."
        self.stdout.write(f"Retired {key_id}. {what}")

    def _tell(self, figure: Progress, pace: Pace | None = None) -> None:
        self.stdout.write((pace or Pace(time.monotonic)).line(figure))
        self.stdout.flush()


def _folder(options: dict[str, Any]) -> Path:
    return options["keys"] or Path(settings.KEYRING_FILE).parent


def _held(folder: Path) -> StoredKeyring:
    """All the keys of the folder in one keyring; without files, the process's own."""
    found = key_files.read_set(folder)
    if found:
        return key_files.joined(*found.values())
    if settings.KEYRING_JSON:
        return key_files.from_text(settings.KEYRING_JSON)
    raise CommandError(f"There is no key file in {folder}.")


def _mailbox(address: str) -> Any:
    """The id of the mailbox that an address leads to, open or closed."""
    found = MailboxAddress.objects.filter(address=address.lower()).values_list("mailbox_id").first()
    if found is None:
        raise CommandError("No mailbox has this address.")
    return found[0]
