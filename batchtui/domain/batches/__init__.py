"""Batches and jobs: their states, and how they are listed and forecast.

Modules:

    batch     A batch as the registry knows it, and as the API describes it
    forecast  when a batch may end, judged by how long similar ones have taken
    job       A job: one submission with its parts and its later attempts
    lineage   which job was made from which
    query     which batches are listed and in which order, and the terms a filter is made of
    states    the states of a batch and of its results, and the changes between them that are allowed
"""
