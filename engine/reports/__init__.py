"""What the records say over a stretch of time: figures read off the ledger, never typed."""
