"""Pages of the readiness gate (cabinet letter, clause 2.2)."""
