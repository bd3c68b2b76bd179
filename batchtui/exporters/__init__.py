"""Results as bytes in the formats people ask for; bytes and nothing else."""
