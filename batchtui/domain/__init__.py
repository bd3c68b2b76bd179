"""What a batch is: frozen values and the rules between them; no I/O, no clock.

Modules:

    api_call     one call to the API, as the journal records it
    batches/     batches and jobs: their states, and how they are listed and forecast
    clock        the protocol of a clock
    costs/       what requests will cost and what they have cost
    errors       the tree of all errors, each with a title, a message and a hint
    limits       the limits of the Message Batches API, each with where it was read
    model        what is known of a model, as far as batches are concerned
    notice       something a person who is not looking should be told once
    results/     what became of requests: outcomes, tokens, statistics, and how answers differ
    submission/  what happens before and while a part is sent: problems, canaries, and what is known of each send
"""
