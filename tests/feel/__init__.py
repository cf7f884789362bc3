"""Specification of the expression language."""
