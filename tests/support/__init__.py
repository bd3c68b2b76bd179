"""What tests share: a clock that is turned by hand, builders, and workspaces over the simulator."""
