"""The tables of the index. Bump SCHEMA_VERSION with every change of them or of :mod:`.words`.

Rows of ``titles`` and ``people`` are numbered by popularity (``rank`` 1 is the most voted-for), and the full-text
tables use the same numbers. FTS5 gives rows in the order of their numbers for nothing, so the most popular hits of a
common word come first without the others being read.
"""

from __future__ import annotations

SCHEMA_VERSION = 1

# detail=none and no column sizes: nobody asks where in a title a word stands. The ascii tokenizer leaves words of
# other scripts as they are, which words.py has folded already.
_FTS_OPTIONS = "content='', columnsize=0, detail=none, tokenize='ascii', prefix='1 2 3 4'"

TABLES = f"""
CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE titles(
    rank INTEGER PRIMARY KEY, id INTEGER NOT NULL, type TEXT NOT NULL, title TEXT NOT NULL, original TEXT,
    year INTEGER, end_year INTEGER, runtime INTEGER, genres TEXT,
    rating REAL, votes INTEGER, seasons INTEGER, episodes INTEGER
);
CREATE TABLE people(
    rank INTEGER PRIMARY KEY, id INTEGER NOT NULL, name TEXT NOT NULL, professions TEXT, known_for TEXT,
    popularity INTEGER NOT NULL
);
CREATE TABLE credits(
    title INTEGER NOT NULL, role TEXT NOT NULL, position INTEGER NOT NULL, person INTEGER NOT NULL, detail TEXT
);
CREATE TABLE years(year INTEGER PRIMARY KEY, rated INTEGER NOT NULL);
CREATE VIRTUAL TABLE title_words USING fts5(words, {_FTS_OPTIONS});
CREATE VIRTUAL TABLE person_words USING fts5(words, {_FTS_OPTIONS});
"""

# 25,000 votes: as many as IMDb's own Top 250 asks for.
INDEXES = (
    "CREATE UNIQUE INDEX titles_by_id ON titles(id)",
    "CREATE INDEX titles_top_rated ON titles(rating DESC, votes DESC) WHERE votes >= 25000",
    "CREATE UNIQUE INDEX people_by_id ON people(id)",
    "CREATE INDEX credits_by_title ON credits(title, role, position)",
    "CREATE INDEX credits_by_person ON credits(person, role)",
)

# Where the files are gathered before everything is put in order of popularity; thrown away afterwards.
STAGE_TABLES = """
CREATE TABLE stage.ratings(id INTEGER PRIMARY KEY, rating REAL, votes INTEGER);
CREATE TABLE stage.titles(
    id INTEGER PRIMARY KEY, type TEXT, title TEXT, original TEXT, year INTEGER, end_year INTEGER, runtime INTEGER,
    genres TEXT, words TEXT
);
CREATE TABLE stage.seasons(series INTEGER, season INTEGER);
CREATE TABLE stage.episodes(series INTEGER PRIMARY KEY, seasons INTEGER, episodes INTEGER);
CREATE TABLE stage.people(
    id INTEGER PRIMARY KEY, name TEXT, professions TEXT, known_for TEXT, popularity INTEGER, words TEXT
);
"""

# OR REPLACE: should an id come twice, the later line counts.
INSERT_RATING = "INSERT OR REPLACE INTO stage.ratings VALUES (?, ?, ?)"
INSERT_TITLE = "INSERT OR REPLACE INTO stage.titles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
INSERT_SEASON = "INSERT INTO stage.seasons VALUES (?, ?)"
INSERT_CREDIT = "INSERT INTO credits VALUES (?, ?, ?, ?, ?)"
INSERT_PERSON = "INSERT OR REPLACE INTO stage.people VALUES (?, ?, ?, ?, ?, ?)"

COUNT_EPISODES = """
INSERT INTO stage.episodes SELECT series, count(DISTINCT season), count(*) FROM stage.seasons GROUP BY series
"""
RANK_TITLES = """
INSERT INTO titles
SELECT NULL, t.id, type, title, original, year, end_year, runtime, genres, rating, votes, seasons, episodes
FROM stage.titles t LEFT JOIN stage.ratings r ON r.id = t.id LEFT JOIN stage.episodes e ON e.series = t.id
ORDER BY votes DESC, t.id
"""
COUNT_YEARS = "INSERT INTO years SELECT year, count(votes) FROM titles WHERE year IS NOT NULL GROUP BY year"
RANK_PEOPLE = """
INSERT INTO people SELECT NULL, id, name, professions, known_for, popularity
FROM stage.people ORDER BY popularity DESC, id
"""

# A larger hash table than FTS5's own megabyte makes fewer pieces to merge; one segment in the end means that a query
# reads one list for each word.
INDEX_TITLES = (
    "INSERT INTO title_words(title_words, rank) VALUES ('hashsize', 25165824)",
    "INSERT INTO title_words(rowid, words)"
    " SELECT t.rank, s.words FROM titles t JOIN stage.titles s USING (id) ORDER BY t.rank",
    "INSERT INTO title_words(title_words) VALUES ('optimize')",
)
INDEX_PEOPLE = (
    "INSERT INTO person_words(person_words, rank) VALUES ('hashsize', 25165824)",
    "INSERT INTO person_words(rowid, words)"
    " SELECT p.rank, s.words FROM people p JOIN stage.people s USING (id) ORDER BY p.rank",
    "INSERT INTO person_words(person_words) VALUES ('optimize')",
)
