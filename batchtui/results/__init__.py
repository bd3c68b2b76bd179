"""What a line of results means: pure reading, no I/O, no clock."""
