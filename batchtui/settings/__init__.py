"""Where batchtui keeps things and what a user may set."""
