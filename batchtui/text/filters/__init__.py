"""The language in which batches are filtered, and its completion.

Modules:

    annotations  parse terms such as `score:<3` or `!mark:accepted` about the columns beside results
    completion   complete a filter while it is typed: fields, and values that occur
    language     parse filters such as `evals status:ended !tag:old errored:>0 age:<2d` into terms
"""
