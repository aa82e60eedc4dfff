"""Strangers' texts read as the standards say: pure and bounded."""
