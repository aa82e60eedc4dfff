"""`make bench`: every measurement, or those named on the command line."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from bench import engines
from bench.measuring import Figure, fsync_ms, show

ROOMS = (
    "weights",
    "sealing",
    "pages",
    "reading",
    "lmtp",
    "filing",
    "extracting",
    "circular",
    "searching.recall",
    "relay",
    "crashes",
    "scale",
    "people.imports",
    "people.provisioning",
    "people.keyholder",
    "people.october",
    "people.directory_sync",
    "people.directory_carried_out",
    "people.board",
    "readiness.night",
    "readiness.road",
)


def main(names: list[str]) -> int:
    engines.set_up()
    missed = 0
    for name in names or ROOMS:
        figures: list[Figure] = importlib.import_module(f"bench.{name}").measure()
        disk = Figure("limit: 4 kB written and synced", fsync_ms(Path(os.environ["VAR_DIR"])), "ms")
        show(name, [*figures, disk])
        missed += sum(figure.held is False for figure in figures)
    print(f"{missed} goals missed" if missed else "all goals held")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
