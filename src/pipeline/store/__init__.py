"""What Newsfold remembers, in one SQLite file: nights, runs and the delivery ledger. `core.open_store` opens it."""
