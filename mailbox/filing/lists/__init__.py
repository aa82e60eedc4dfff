"""Agencies' lists: who is on them, and who may write to them."""
