"""What Homeward's acts cost, measured on a real pack and a PostgreSQL of the benchmark's own.

Each figure stands beside its target and, where it is CPU time, beside what SpiffWorkflow alone costs in the same run,
because machines differ and are shared.
"""
