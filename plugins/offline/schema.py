"""The tables of the index. Bump SCHEMA_VERSION with every change of them or of :mod:`.words`.

Rows of ``titles`` and ``people`` are numbered by popularity (``rank`` 1 has the most votes), and the full-text tables
use the same numbers. FTS5 returns rows in the order of their numbers at no cost, so a query for a common word reads
only the most popular hits.
"""

SCHEMA_VERSION = 1

# detail=none and no column sizes: positions of words are not needed. The ascii tokenizer does not change words of other
# scripts, which words.py has folded already.
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
CREATE TABLE plots(title INTEGER PRIMARY KEY, plot TEXT NOT NULL);
CREATE TABLE years(year INTEGER PRIMARY KEY, rated INTEGER NOT NULL);
CREATE VIRTUAL TABLE title_words USING fts5(words, {_FTS_OPTIONS});
CREATE VIRTUAL TABLE person_words USING fts5(words, {_FTS_OPTIONS});
"""

# 25,000 votes: the minimum of IMDb's Top 250.
INDEXES = (
    "CREATE UNIQUE INDEX titles_by_id ON titles(id)",
    "CREATE INDEX titles_top_rated ON titles(rating DESC, votes DESC) WHERE votes >= 25000",
    "CREATE UNIQUE INDEX people_by_id ON people(id)",
    "CREATE INDEX credits_by_title ON credits(title, role, position)",
    "CREATE INDEX credits_by_person ON credits(person, role)",
)

# Temporary tables that hold the files until everything is sorted by popularity.
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

# A hash table larger than FTS5's default of 1 MB leaves fewer segments to merge; with a single segment in the end, a
# query reads one list per word.
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
