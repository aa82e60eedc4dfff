"""The hourly look of ST-3: does a domain's mail, and its web, answer now?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from accounts.probing import greeting
from accounts.probing.dns import Dns
from accounts.probing.failing import Deadline
from accounts.probing.ground import Ground
from accounts.probing.observations import Observation, Status
from accounts.probing.outbound import Outbound, ProbeFailed
from accounts.readiness.gathering import ways
from accounts.readiness.gathering.asking import Question, Round, failing
from accounts.readiness.gathering.names import exchangers_in

UP, DOWN, UNKNOWN = "up", "down", "unknown"
# One address of each mail server is enough to hear whether anybody is there.
_MOST_SERVERS = 5


def ask_availability(name: str, role: str, hosts: Sequence[str], ground: Ground) -> dict[str, str]:
    """Each service ("smtp", "https") with "up", "down" or "unknown", which is our own fault.

    Mail is up when one of its servers is; the web, when every host that has an address is.
    """
    lane = Deadline(ground.net_lane_seconds)
    outbound = Outbound(ground, Dns(ground, lane=lane), lane=lane)
    asked = Round(lane)
    services = {"mail": ("smtp", "https"), "web": ("https",)}.get(role, ())
    if "smtp" in services:
        _ask_mail(asked, outbound, name)
    if "https" in services:
        for host in dict.fromkeys(hosts or (name,)):
            look = partial(greeting.web, outbound, host)
            asked.ask(Question("greeting", f"https://{host}/", look))
    found = ways.told_apart(asked.run(), outbound).of("greeting")
    mail = [each for each in found if not each.target.startswith("https://")]
    web = [each for each in found if each.target.startswith("https://")]
    answers = {"smtp": _of_mail(mail), "https": _of_web(web)}
    return {service: answers[service] for service in services}


def _ask_mail(asked: Round, outbound: Outbound, name: str) -> None:
    mx = outbound.dns.ask(name, "MX")
    if not mx.is_answered or (mx.facts["rcode"] == "SERVFAIL" and not mx.facts["bogus"]):
        failed = ProbeFailed(mx.status if not mx.is_answered else Status.SILENT, mx.error)
        asked.note(failing("greeting", f"{name}@", failed))
    for host in exchangers_in(mx)[:_MOST_SERVERS]:
        look = partial(_greeted, outbound, host)
        asked.ask(Question("greeting", host, look))


def _greeted(outbound: Outbound, host: str) -> Observation:
    try:
        address = outbound.addresses(host)[0]
    except ProbeFailed as failed:
        return failing("greeting", host, failed)
    return greeting.mail(outbound, host, address)


def _of_mail(found: list[Observation]) -> str:
    if any(each.is_answered for each in found):
        return UP
    return UNKNOWN if any(each.status == Status.UNABLE for each in found) else DOWN


def _of_web(found: list[Observation]) -> str:
    there = [each for each in found if each.error != "no_address"]
    theirs = [each for each in there if each.status != Status.UNABLE]
    if not there or any(not each.is_answered for each in theirs):
        return DOWN
    return UP if len(theirs) == len(there) else UNKNOWN
