"""The dashboard: it shows the registry and calls services."""
