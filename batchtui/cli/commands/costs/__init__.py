"""Commands about money: what was spent, what requests would cost, what models cost.

Modules:

    cost      show what was spent, or calculate what requests would cost
    estimate  estimate what request files would cost
    models    list models, with limits, prices and lifetimes
"""
