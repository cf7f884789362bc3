"""Where the contents of files lie: in the database, in a directory, or in an object store that speaks S3."""

from engine.services.attachments.stores.choice import external_store
from engine.services.attachments.stores.model import Store, key_of

__all__ = ["Store", "external_store", "key_of"]
