"""Filing: how any message is put away, whoever brings it."""

from mailbox.filing.identity import identity_of
from mailbox.filing.messages import file_copies, file_own_copy
from mailbox.filing.placements import place

__all__ = ["file_copies", "file_own_copy", "identity_of", "place"]
