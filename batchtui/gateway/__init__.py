"""The outside world: the Message Batches API behind one Protocol."""
