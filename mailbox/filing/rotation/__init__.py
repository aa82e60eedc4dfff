"""Bringing what lies under an old key under a new one, while mail goes on (ADR 0022)."""
