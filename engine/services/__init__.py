"""What people and clocks do: each function takes a desk, does one thing and leaves the commit to its caller."""
