"""Rules of the house that no single module can keep: what every file must and must not hold."""
