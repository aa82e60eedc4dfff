"""One worker of the night: runs over domains, one after the other, from DNS to the verdicts.

`python -m bench.readiness.worker` reads its task as JSON and prints what it took.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import django

from accounts.probing.ground import Ground

LOOPBACK = ip_network("127.0.0.0/8")


def ground_of(town: dict[str, Any]) -> Ground:
    ports = {int(known): port for known, port in town["ports"].items()}
    return Ground(
        resolvers=(f"127.0.0.1:{ports[53]}",),
        also=(LOOPBACK,),
        ports=ports,
        ca_file=town["ca_file"],
        name="scanner.example",
    )


def memory_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 1024**2


def run(number: int, town: dict[str, Any], lines: list[Any]) -> dict[str, Any]:
    """One domain; those from a thousand on have a tarpit among their servers."""
    from accounts.readiness import evidence
    from accounts.readiness.checks import judge
    from accounts.readiness.gathering import ask_dns, ask_net
    from accounts.readiness.subject import Subject

    name = f"d{number}.go.th"
    tarpit = (f"tarpit-www.{name}",) if number >= 1000 else ()
    subject = Subject(
        name, "mail", (name, f"www.{name}", *tarpit), (f"imap.{name}:143",), ("s1",), "0123"
    )
    begun, spent = time.perf_counter(), time.process_time()
    ground = ground_of(town)
    seen = ask_dns(subject, ground)
    seen.add(ask_net(subject, seen, ground))
    packed, _digest = evidence.pack(seen)
    judged = judge(lines, subject, evidence.unpack(packed), now=datetime.now(UTC))
    outcomes = [str(each.outcome) for each in judged]
    return {
        "wall": time.perf_counter() - begun,
        "cpu": time.process_time() - spent,
        "asked": len(seen),
        "packed": len(packed),
        "passed": outcomes.count("pass"),
        "unknown": outcomes.count("unknown"),
        "silent": sorted(each.name for each in seen if each.status == "silent"),
        "unable": sorted(each.name for each in seen if each.status == "unable"),
    }


def main() -> None:
    task = json.loads(sys.stdin.read())
    django.setup()
    from accounts.readiness.profiles import RuleLine

    lines = [RuleLine(**each) for each in task["lines"]]
    begun, found, memory = time.perf_counter(), [], []
    for number in task["numbers"]:
        found.append(run(number, task["town"], lines))
        memory.append(memory_mb())
    took = time.perf_counter() - begun
    print(json.dumps({"took": took, "runs": found, "memory": memory}))


if __name__ == "__main__":
    main()
