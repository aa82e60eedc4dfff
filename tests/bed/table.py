"""The table of docs/readiness-rules.md: for each rule the tests that saw it pass, fail, not know.

`python -m tests.bed.table` writes it there anew.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.bed.agencies import AGENCIES, NEVER_UNKNOWN, UNKNOWN

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENT = ROOT / "docs" / "readiness-rules.md"
_PROFILE = ROOT / "accounts" / "readiness" / "profiles" / "1.json"
GOOD, BAD, UNSURE = (
    "test_an_agency_that_is_ready_passes_every_rule_that_applies",
    "test_an_agency_with_one_fault_fails_its_rule_alone",
    "test_what_is_our_own_fault_is_unknown",
)
BEGIN, END = "<!-- The table of tests/bed/table.py -->", "<!-- Its end -->"


def codes() -> list[str]:
    return [rule["code"] for rule in json.loads(_PROFILE.read_text(encoding="utf-8"))["rules"]]


def rows() -> list[str]:
    lines = ["| rule | good | bad | unknown |", "|---|---|---|---|"]
    for code in codes():
        good = "parked" if code == "TR-9" else "ready"
        bad = ", ".join(f"`{each.label}`" for each in AGENCIES if each.fails == code)
        if code in NEVER_UNKNOWN:
            unsure = "never: it rests on our own rows"
        else:
            label, way = UNKNOWN[code]
            unsure = f"`{code}`: `{label}`, {_WAYS[way]}"
        lines.append(f"| {code} | `{good}` | {bad} | {unsure} |")
    return lines


_WAYS = {
    "whole": "whose rows say that we could not look",
    "no resolver": "our resolver down",
    "cut off": "our own line cut",
}


def written(document: str) -> str:
    """The document with the table as it is now."""
    between = "\n".join([BEGIN, "", *rows(), "", END])
    return re.sub(f"{re.escape(BEGIN)}.*{re.escape(END)}", lambda _: between, document, flags=re.S)


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
