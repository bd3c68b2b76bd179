"""Review of answers by people and by judges: marks and scores, their order, and how far reviewers agree.

Modules:

    exchange  write marks to a file for another reviewer, and merge the marks of such a file
    gold      the accepted answers of a job as a gold set, with the requests they answer
    marking   mark one result of a job from a program
    queues    which results are reviewed, in which order: a sample, the lowest scores, what reviewers disagree on
    scores    read what a judge job has answered into scores
    session   one review as it goes on: the result that is looked at, its marks, what is done, undo
    stale     find out which marks are about an answer that the job does not have any more
    summary   count marks, and measure how far reviewers agree
"""
