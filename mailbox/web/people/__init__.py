"""Pages about who uses which mailbox."""
