"""The simulator, judged by the documentation, by plain HTTP and by the real SDK."""
