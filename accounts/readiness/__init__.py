"""The readiness gate: domains are measured, decided on, opened and watched (clause 2.2)."""
