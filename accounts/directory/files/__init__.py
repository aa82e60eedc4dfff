"""Lists of people as files: handed in, read row by row, and to download."""
