"""Pictures of the dashboard, made by `python -m screenshots` from a simulator's scenario."""
