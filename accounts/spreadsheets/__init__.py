"""Spreadsheets as offices keep them: bytes in; cells, names and days out."""
