-- The lines in a table of their own: read from the files once, not at every question.
CREATE OR REPLACE TABLE kept AS SELECT * FROM lines;
CREATE OR REPLACE VIEW lines AS SELECT * FROM kept;
