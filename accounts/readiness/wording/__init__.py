"""What the gate says: names, proofs, plain sentences, and what to paste where.

Read by officers who know no DNS, in the language that is active; texts of strangers are put in as
they are, so a page must escape them. Reasons are those of `accounts.readiness.checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accounts.readiness.wording.cures import Cure, PasteLine, Target, cure_of
from accounts.readiness.wording.reasons import REASONS
from accounts.readiness.wording.rules import GISTS, NAMES
from accounts.readiness.wording.said import Said
from accounts.readiness.wording.values import shown

__all__ = [
    "Cure",
    "PasteLine",
    "Target",
    "cure_of",
    "gist_of",
    "name_of",
    "proof_of",
    "sentence_of",
]


def name_of(code: str) -> str:
    """A rule's short name; the code itself where there is none."""
    return str(NAMES.get(code, code))


def gist_of(code: str) -> str:
    """Why a rule matters, in a sentence."""
    return str(GISTS.get(code, ""))


def proof_of(reason: str, facts: Mapping[str, Any]) -> str:
    """What was seen, in a line of names and figures."""
    said = REASONS.get(reason)
    return _put(said.proof, facts) if said else ""


def sentence_of(code: str, reason: str, facts: Mapping[str, Any]) -> str:
    """What it means, in plain words."""
    said: Said | None = REASONS.get(reason)
    return _put(said.sentence, facts) if said else ""


def _put(text: object, facts: Mapping[str, Any]) -> str:
    """The facts in their places; what is missing leaves no mark."""
    return (str(text) % shown(facts)).strip(" ·")
