"""The rules of the gate by version: files beside this one, written into the tables.

A version that has been published is never changed, because decisions cite it: whoever wants
another number writes the next file. `loading` writes, `lines` reads.
"""

from accounts.readiness.profiles.lines import RuleLine, in_force, lines_of
from accounts.readiness.profiles.loading import PublishedProfileChanged, load, load_profiles

__all__ = [
    "PublishedProfileChanged",
    "RuleLine",
    "in_force",
    "lines_of",
    "load",
    "load_profiles",
]
