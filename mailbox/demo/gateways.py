"""The demo's gateways as rows: three agencies send through the local demo servers."""

from __future__ import annotations

from accounts.models import AgencyDomain
from mailbox.demo.gateway_list import demo_gateways
from mailbox.demo.people import TOP_LEVEL
from mailbox.models import Gateway
from mailbox.outbound.routing import seal_password

# The cabinet secretariat, the interior ministry and the transport ministry, in this order.
AGENCIES = ("soc", "moi", "mot")


def load_gateways() -> int:
    """Write the three gateways, or bring them up to date; return how many there are.

    Ports, certificates and passwords may differ from one start to the next.
    """
    listed = demo_gateways()
    for label, demo in zip(AGENCIES, listed, strict=False):
        domain = AgencyDomain.objects.select_related("agency").get(domain=f"{label}.{TOP_LEVEL}")
        gateway, _made = Gateway.objects.update_or_create(
            agency=domain.agency,
            order=1,
            defaults={
                "name": demo.name,
                "host": demo.host,
                "port": demo.port,
                "tls_name": demo.tls_name,
                "username": demo.username,
                "ca_certificates": demo.ca_pem,
                "serves_below": True,
            },
        )
        seal_password(gateway, demo.password)
    return min(len(AGENCIES), len(listed))
