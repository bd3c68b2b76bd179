"""How things are said, in the terminal and in a pipe alike."""
