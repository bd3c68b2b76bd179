"""What a batch is: frozen values and the rules between them; no I/O, no clock."""
