"""`homeward quality`: bring what was found at the command line to the desk of quality assurance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from engine.cli.office import desk_for
from engine.services.quality import verifications
from engine.services.quality.found import UnreadableDocument


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def quality(file: Path) -> None:
    """Keep the results in FILE, printed by `homeward verify --json` or `homeward mutate --json`, for the desk.

    Each is kept with the version of the procedure that it is about, which must be stored in the database.
    """
    try:
        read = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise UnreadableDocument(f"{file} is no JSON: {error}") from error
    documents: list[Mapping[str, Any]] = read if isinstance(read, list) else [read]
    for document in documents:
        if not isinstance(document, dict) or not document.get("council"):
            raise UnreadableDocument(f"{file} holds something that is no result of one council")
        with desk_for(str(document["council"])) as desk:
            verifications.keep(desk, document)
            desk.session.commit()
        click.echo(f"{document['council']}: kept with version {str(document['pack'])[:8]}")
