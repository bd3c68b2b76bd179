"""What a batch is: frozen values and the rules between them; no I/O, no clock.

Modules:

    api_call          one call to the API, as the journal records it
    batch             A batch as the registry knows it, and as the API describes it
    canary            send one request of each shape in real time first: what is sent, and what the API said
    clock             the protocol of a clock
    comparison        how two answers to the same request differ
    cost              what something costs in USD, by category
    errors            the tree of all errors, each with a title, a message and a hint
    estimate          what requests will cost before they are sent: at least, likely and at most
    estimate_history  what was expected of past batches and what came of it, to correct the next estimate
    forecast          when a batch may end, judged by how long similar ones have taken
    ids_digest        digest the custom_ids of a part, in whatever order they come
    job               A job: one submission with its parts and its later attempts
    known_requests    which requests of an input are answered already, by which jobs
    limits            the limits of the Message Batches API, each with where it was read
    model             what is known of a model, as far as batches are concerned
    notice            something a person who is not looking should be told once
    problem           A problem that checking found in the input, with every line it occurs on
    query             which batches are listed and in which order, and the terms a filter is made of
    request           where a stored request lies in the body of its part
    result            what became of one request: its outcome, and what the index of results knows of it
    send_evidence     what is known of the sends of a part, and what one look at the API showed
    spending          what results used and cost
    states            the states of a batch and of its results, and the changes between them that are allowed
    statistics        what a set of results looks like as a whole: outcomes, lengths, costs and values
    usage             the tokens that one result used, by category
"""
