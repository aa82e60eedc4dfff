"""What the gate tells: letters to officers, keys to results, public statements, days for ever."""
