"""What is known of the sends of parts, each step written in one transaction.

Modules:

    binding   give a part the batch at the API that is its own
    sends     write down each send of a part: who sends, what is known of it, and what it came to
    verdicts  write down what was found out about a part after its send
"""
