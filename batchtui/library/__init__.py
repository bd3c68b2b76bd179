"""The engine for programs: the same use cases that the command line and the dashboard have, as Python."""
