"""Have a model judge answers: plan the judge job, and read its verdict.

Modules:

    plan     choose what is judged and make the requests for the judge
    verdict  read what a judge job found out
"""
