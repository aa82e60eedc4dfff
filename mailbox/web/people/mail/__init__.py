"""Pages of mail officers, below /people/mail/: queue, gateways, domains."""
