"""The form of a request, checked in C by pydantic, and what an error of it means to a person.

Modules:

    blocks          the schema of content blocks and messages
    error_location  find the place in a request that a schema error is about
    errors          explain schema errors to people
    request         the schema of a request, one validator an API version
    server_results  the schema of results of server tools
"""
