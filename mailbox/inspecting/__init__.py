"""Inspecting: whether what is stored agrees with itself, and what can be mended of it."""
