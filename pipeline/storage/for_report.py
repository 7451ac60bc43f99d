"""Files that a run leaves for its report, and the numbers that the report shows."""

from pipeline.storage.gathered import SmallFiles

REASONS = ("first_reason", "any_reason", "only_reason")  # the counts by rule of a funnel and of a completion marker

NOTES = "work/emitted"  # a folder: the completion marker of each shard, with its counts

EXAMPLES = "work/examples"  # a folder: candidates of each shard
EXAMPLES_SHOWN = 12  # at most, for each reason

CLOSE_CALLS = "work/audit.parquet"
SHARDS_CLOSE_CALLS = "work/audit"  # a folder: candidates of each shard, removed once they are joined
CLOSE_CALLS_SHOWN = 60  # at most

NOT_GIVEN = "not given"  # the name in statistics of pairs whose language or licence the input doesn't state


def small_files(corpus: str = "") -> dict[str, SmallFiles]:
    """The small files of all shards by folder, where the corpus has this name; without a name all that are there."""
    endings = {NOTES: ".json", EXAMPLES: ".parquet", SHARDS_CLOSE_CALLS: ".parquet"}
    beginning = f"{corpus}-" if corpus else ""
    return {folder: SmallFiles(folder, ending, beginning, digits=5) for folder, ending in endings.items()}
