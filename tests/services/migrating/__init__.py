"""Running cases that go over to another version, in a real database."""
