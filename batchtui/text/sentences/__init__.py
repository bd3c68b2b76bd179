"""Sentences about batches, estimates and events, as people read them.

Modules:

    batch_names         name a batch: short for a list, longer in a sentence, with its id
    digest              write what happened since the last digest, in a few sentences
    estimates           write an estimate as a range, with what it rests on
    events              write a journal entry as a sentence
    forecasts           write a forecast with what it is judged by
    known_requests      write which requests are answered already, and what only the others cost
    lineage             say which job was made from which
    notices             write a notice: heading, sentence, and the JSON that hooks get
    outcome_words       write what became of the requests of a batch
    pilots              say what a pilot came to and what the rest of its job will cost
    turns               say what the next turn of conversations is, what it costs, and what is left
    verdicts            what a verdict on an open part means, and what to do about it
    verdicts_of_judges  write what a judge job found out
"""
