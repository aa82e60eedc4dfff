from __future__ import annotations

from typing import NamedTuple

from django.utils.functional import Promise


class Said(NamedTuple):
    """What is said of a reason: the proof in one line, and a plain sentence; facts are put in.

    A proof is mostly names and figures, the same in every language.
    """

    proof: str | Promise
    sentence: str | Promise
