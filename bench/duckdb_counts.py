"""The yardstick of the text passes: DuckDB, one thread, with the corpus' counts, on white-space tokens.

Run as `python -m bench.duckdb_counts three|four FILE…`; prints the number of groups of each kind as JSON. It reads the
Parquet files like the pipeline, but judges and writes nothing.
"""

from __future__ import annotations

import json
import sys

TEXTS_OF_IMAGE = "SELECT count(*) FROM (SELECT url, count(DISTINCT text) FROM crawl GROUP BY url)"
IMAGES_OF_TEXT = "SELECT count(*) FROM (SELECT text, count(DISTINCT url) FROM crawl GROUP BY text)"
WORDS = "WITH split AS (SELECT string_split(text, ' ') AS words FROM crawl)"
ONE_POOL = f"""{WORDS}, ngrams AS (
    SELECT unnest(words || list_transform(words[:-2], lambda word, i: word || ' ' || words[i + 1])) AS ngram FROM split
)
SELECT count(*) FROM (SELECT ngram, count(*) FROM ngrams GROUP BY ngram)"""
APART = f"""{WORDS},
    unigrams AS (SELECT unnest(words) AS word FROM split),
    bigrams AS (SELECT unnest(words[:-2]) AS one, unnest(words[2:]) AS two FROM split)
SELECT (SELECT count(*) FROM (SELECT word, count(*) FROM unigrams GROUP BY word))
     + (SELECT count(*) FROM (SELECT one, two, count(*) FROM bigrams GROUP BY one, two))"""

# Three group-bys, or four: bigrams as two columns are never joined to a string, the fastest way known to us.
QUERIES = {"three": ONE_POOL, "four": APART}


def count(files: list[str], queries: str) -> dict[str, int]:
    """Counts distinct images, texts and n-grams, computing each one's count on the way."""
    import duckdb

    database = duckdb.connect()
    database.execute("SET threads = 1")
    database.read_parquet(files).create_view("crawl")
    kinds = {"images": TEXTS_OF_IMAGE, "texts": IMAGES_OF_TEXT, "ngrams": QUERIES[queries]}
    return {kind: database.execute(query).fetchall()[0][0] for kind, query in kinds.items()}


if __name__ == "__main__":
    print(json.dumps(count(sys.argv[2:], sys.argv[1])))
