"""One case, run purely and in memory: interpreter, facts, ledger."""
