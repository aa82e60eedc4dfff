"""The LMTP door (RFC 2033): says 250 for what is committed, once for each recipient."""

from mailbox.lmtp.office import Office

__all__ = ["Office"]
