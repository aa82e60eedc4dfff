"""A small Internet on the loopback, for the readiness gate of a demo (clause 2.2)."""
