"""What Claude's models cost in a batch and outside of one: one thin way to the price list of genai-prices."""
