"""Managers: workload, limits, figures with the cases behind them, oversight, inspection packs."""
