"""Serve the browser libraries that npm brings, by an allow-list of files."""

from __future__ import annotations

from django.contrib.staticfiles.finders import FileSystemFinder


class BrowserLibraryFinder(FileSystemFinder):
    """Finds the files that `package.json` brings."""
