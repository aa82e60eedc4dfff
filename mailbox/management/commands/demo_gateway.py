"""Run the demo's gateways, and its DNS: `manage.py demo_gateway [--number N]`."""

from __future__ import annotations

import asyncio
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from mailbox.demo.gateway import GatewayDoor, Lmtp, listen
from mailbox.demo.gateway_list import DemoGateway, authority_of_the_demo, demo_gateways
from mailbox.demo.relaying import names
from mailbox.models import MailboxAddress


class Command(BaseCommand):
    help = "Run the demo's SMTP gateways on the loopback, until SIGTERM."
    # Gateways are not the portal: they start without its pages.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--number", type=int, help="only this one, counted from 1")

    def handle(self, *args: Any, **options: Any) -> None:
        gateways = demo_gateways()
        if options["number"] is not None:
            if not 1 <= options["number"] <= len(gateways):
                raise CommandError(f"There are gateways 1 to {len(gateways)}.")
            gateways = gateways[options["number"] - 1 :][:1]
        asyncio.run(self._serve(gateways))

    async def _serve(self, gateways: list[DemoGateway]) -> None:
        portal = Lmtp(settings.LMTP_HOST, settings.LMTP_PORT, _is_of_the_portal)
        door = GatewayDoor(Path(settings.VAR_DIR) / "outside", portal)
        over = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, over.set)
        for gateway in gateways:
            limit = 2 * settings.MESSAGE_SIZE_LIMIT
            try:
                await listen(gateway, door, authority_of_the_demo(), size_limit=limit)
            except OSError as error:
                raise CommandError(f"Port {gateway.port} is taken by another program.") from error
            self.stdout.write(f"{gateway.name} listens on {gateway.host}:{gateway.port}")
        if gateways[0].port == settings.DEMO_GATEWAY_PORTS[0]:
            await self._know_names(gateways[0])
        await over.wait()

    async def _know_names(self, first: DemoGateway) -> None:
        """The demo's DNS has the number of the first gateway's port, of UDP."""
        try:
            await names.listen(first.host, first.port, _record_at)
        except OSError:
            self.stderr.write(f"UDP port {first.port} is taken: no record of a key is found.")


def _is_of_the_portal(address: str) -> bool:
    """Tell whether the portal has any mailbox in the address's domain."""
    close_old_connections()
    domain = address.rpartition("@")[2].lower()
    return MailboxAddress.objects.filter(address__endswith=f"@{domain}").exists()


def _record_at(name: str) -> str | None:
    close_old_connections()
    return names.record_at(name)
