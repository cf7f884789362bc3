"""The desk of quality assurance: what was verified, who stands for it, and how real cases were dealt with."""
