"""What Newsfold remembers, in one SQLite file: nights, runs and the delivery ledger."""

from pipeline.store.core import Store, open_store
from pipeline.store.ledger import Ledger
from pipeline.store.rows import Delivery, Message, Night, Run, Suppression

__all__ = ["Delivery", "Ledger", "Message", "Night", "Run", "Store", "Suppression", "open_store"]
