-- What an entry's score is made of, and the section it stands in; entries of before have neither.

ALTER TABLE entries ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE entries ADD COLUMN merits TEXT NOT NULL DEFAULT '[]'; -- JSON: list of records.Merit

-- What a story that was left out ranked by.
ALTER TABLE left_out ADD COLUMN score REAL;
