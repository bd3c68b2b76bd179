"""The README's threat notes, line by line."""
