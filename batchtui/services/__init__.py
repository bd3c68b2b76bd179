"""The use cases, and the only room that knows both the gateway and the registry."""
