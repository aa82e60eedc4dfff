"""The second factor stands before every page, and each person reads in their own language."""
