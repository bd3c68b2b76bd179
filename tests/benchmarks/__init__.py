"""Speed and memory, measured side by side in one run: `python -m tests.benchmarks` prints a table of ratios.

Not tests: nothing here fails over a figure. The machines that run this are shared and noisy, so look at the ratios.
"""
