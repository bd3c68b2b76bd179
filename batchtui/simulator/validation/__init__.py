"""What the simulated service checks: some of it when a batch is created, the rest when it has ended.

Modules:

    closed_objects  the objects inside params, as the published document has them
    conversation    judge a conversation: calls of tools, caching, media
    early           what is checked when a batch is created
    late            what is checked only when a batch has ended
    schema_checks   judge JSON Schemas in tools and structured outputs
"""
