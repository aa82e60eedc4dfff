"""Answers that carry what strangers have written: their policies, pieces and passes."""
