"""Verification: stories told to a procedure until each clause check holds, breaks, or is seen never to arise."""
