-- The id under which a run logs, so that its lines and its row can be told to belong together.

ALTER TABLE runs ADD COLUMN name TEXT NOT NULL DEFAULT '';
