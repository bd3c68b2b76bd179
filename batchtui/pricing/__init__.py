"""What Claude's models cost, in a batch and outside of one. Only this package knows genai-prices.

Modules:

    price_book     the prices that apply to one user: list prices, their own, and discounts
    price_list     look up list prices of models in genai-prices
    result_pricer  price single results by the prices of the day on which their batch was made
"""
