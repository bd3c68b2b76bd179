"""What was spent, and limits on what may be.

Modules:

    accounting     count what saved results cost, each at the price of its own length
    budget         refuse a submission that would exceed a limit on cost
    ledger         add up spending by day, model, tag or job
    limit_notices  make a notice when 80, 90 and 100 % of a limit on cost are reached
"""
