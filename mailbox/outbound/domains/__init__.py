"""What the mail of a domain needs before it leaves: its DKIM keys and their records."""
