"""`python -m tests.faults`: every fault with real processes, and the table of what became of it.

Runs the tests of this folder, 2,000 messages under random kills among them. --document writes
the table into docs/faults.md. Ends with 1 where a test fails.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.processes import ROOT

COLUMNS = ("messages", "relayed", "deferred", "failed", "lost", "duplicates", "unknown")
HEADINGS = ("fault", *COLUMNS[:-1], "of them unknown", "what the sender sees")
DOCUMENT = ROOT / "docs" / "faults.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"

Rows = Sequence[dict[str, object]]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--messages", type=int, default=2000, help="under random kills")
    parser.add_argument("--kills", type=int, default=10, help="of the rotations of keys")
    parser.add_argument("--seed", type=int, default=0, help="of the random kills; 0: a new one")
    parser.add_argument("--only", default="", help="tests to run, as pytest's -k")
    parser.add_argument("--document", action="store_true", help="write the table into docs/")
    chosen = parser.parse_args()
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        environment = {
            **os.environ,
            "FAULTS_ROWS": file.name,
            "FAULTS_MESSAGES": str(chosen.messages),
            "FAULTS_SEED": str(chosen.seed),
            "FAULTS_KILLS": str(chosen.kills),
        }
        command = [sys.executable, "-m", "pytest", "tests/faults", "-p", "no:xdist"]
        command += ["-k", chosen.only] if chosen.only else []
        status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
        rows = [json.loads(line) for line in Path(file.name).read_text("utf-8").splitlines()]
    table = as_markdown(rows)
    sys.stdout.write(table)
    if chosen.document:
        text = DOCUMENT.read_text("utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        DOCUMENT.write_text(before + BEGIN + table + END + after, encoding="utf-8")
    return status


def as_markdown(rows: Rows) -> str:
    lines = ["| " + " | ".join(HEADINGS) + " |", "| --- |" + " ---: |" * len(COLUMNS) + " --- |"]
    for row in rows:
        lines.append("| " + " | ".join(str(row[name]) for name in _names()) + " |")
    numbers = (str(sum(int(str(row[name])) for row in rows)) for name in COLUMNS)
    lines.append("| **together** | " + " | ".join(numbers) + " | |")
    return "\n".join(lines) + "\n"


def _names() -> tuple[str, ...]:
    return ("fault", *COLUMNS, "sees")


if __name__ == "__main__":
    sys.exit(main())
