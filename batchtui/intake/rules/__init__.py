"""What the API asks of a request beyond the form of its params: one module for each subject.

`selection` decides which rules a request needs, by its skeleton, so that most requests run none of them.

Modules:

    json_schemas       check the JSON Schemas of tools and structured outputs
    media              check images and documents: source, bytes, size
    model_table        the built-in table of models, read from models.toml
    models             what each model accepts in a batch
    plain_json_schema  recognise plain JSON Schemas quickly
    rejected_keys      data: keys the API rejects, and what to use instead
    selection          choose the rules that reach across the keys of one request
    tools              check the tools of a request; those of the API are in server_tools.toml
    tools_cache        lists of tools that were checked already
    turns              check the turns of a conversation, and where it is cached
"""
