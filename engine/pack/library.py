"""The packs that are there to run, by council and by hash.

A pack is read once for each content: files are hashed first, and equal files are never parsed twice, whether they
come from the folder or from the database.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from threading import Lock

from engine.pack.faults import BrokenPack, Faults
from engine.pack.files import VOCABULARY, UnreadablePack, checked, files_of, hash_of, signature_of
from engine.pack.model import Pack, Vocabulary
from engine.pack.read import read_files
from engine.pack.words import read_vocabulary

_ID = re.compile(r"[a-z0-9-]+")
KEPT = 32
"""Packs held in memory; a running council needs its present pack and the few that open cases still hold to."""


class Library:
    """The packs under one folder, such as `processes/`; several threads may ask at once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._read: OrderedDict[str, Pack] = OrderedDict()
        self._lock = Lock()
        self._seen: dict[str, tuple[tuple[tuple[str, int, int], ...], Pack]] = {}
        self._words: tuple[bytes, Vocabulary] | None = None

    def councils(self) -> list[str]:
        """Return the ids of the councils that have a pack, sorted."""
        if not self.root.is_dir():
            raise UnreadablePack(f"{self.root} is not a folder; packs are expected there")
        return sorted(path.parent.name for path in self.root.glob("*/procedure.yaml"))

    @property
    def vocabulary(self) -> Vocabulary:
        """The words all packs of the folder share; raise UnreadablePack or BrokenPack."""
        path = self.root / VOCABULARY
        if not path.is_file():
            raise UnreadablePack(f"{path} is missing; every pack is read with it")
        data = path.read_bytes()
        if self._words is not None and self._words[0] == data:
            return self._words[1]
        faults = Faults()
        vocabulary = read_vocabulary(data, faults)
        if vocabulary is None or faults.problems:
            raise BrokenPack(VOCABULARY, faults.problems)
        self._words = (data, vocabulary)
        return vocabulary

    def get(self, council: str) -> Pack:
        """Return a council's pack as its files now stand; raise UnreadablePack or BrokenPack."""
        if not _ID.fullmatch(council) or not (self.root / council / "procedure.yaml").is_file():
            listed = ", ".join(self.councils()) or "none"
            raise UnreadablePack(f"there is no pack for {council}; there are: {listed}")
        folder = self.root / council
        signature = signature_of(folder)
        known = self._seen.get(council)
        if known is not None and known[0] == signature:
            return known[1]
        pack = self.read_files(files_of(folder), council)
        self._seen[council] = (signature, pack)
        return pack

    def read_files(self, files: Mapping[str, bytes], name: str | None = None) -> Pack:
        """Return the pack that these files are, reading them only where their hash is new."""
        kept = checked(files)
        digest = hash_of(kept)
        if (pack := self.cached(digest)) is not None:
            return pack
        pack = read_files(kept, name)
        with self._lock:
            self._read[digest] = pack
            while len(self._read) > KEPT:
                self._read.popitem(last=False)
        return pack

    def cached(self, digest: str) -> Pack | None:
        """Return the pack of that hash where it has been read already."""
        with self._lock:
            pack = self._read.get(digest)
            if pack is not None:
                self._read.move_to_end(digest)
            return pack
