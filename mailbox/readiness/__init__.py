"""Test letters of the readiness gate: taking theirs in, and writing ours (TR-4, TR-6)."""
