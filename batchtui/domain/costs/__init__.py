"""What requests will cost and what they have cost.

Modules:

    cost              what something costs in USD, by category
    estimate          what requests will cost before they are sent: at least, likely and at most
    estimate_history  what was expected of past batches and what came of it, to correct the next estimate
    known_requests    which requests of an input are answered already, by which jobs
    pilot             what a pilot says about the cost of a whole job
    pilot_report      what became of the pilot of a job, and what is left to decide
    spending          what results used and cost
"""
