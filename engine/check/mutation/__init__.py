"""Mutation: whether the checks would notice a slip in the model."""
