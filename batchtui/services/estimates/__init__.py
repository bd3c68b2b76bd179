"""What requests will cost before they are sent.

Modules:

    calculator      calculate what requests of a given size would cost, model by model
    estimate        estimate what requests will cost before they are sent
    expectations    note what is expected of requests when they are sent, for the next estimate to learn from
    group_price     price a group of alike requests: at least, likely, at most
    request_groups  sum up requests by shape, model and size while they are staged
    token_counting  have the API count the input tokens of a few requests of each kind
"""
