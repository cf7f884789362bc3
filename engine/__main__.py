"""`python -m engine` is the `homeward` command."""

from engine.cli import main

main()
