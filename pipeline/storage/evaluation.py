"""The files of a run's evaluation sets: their index, its summary, and the vectors of a model."""

from __future__ import annotations

EVAL_INDEX = "work/evaluation.idx"
EVAL_NOTE = "work/evaluation.json"
EVAL_VECTORS = "work/evaluation.embedding"
EVAL_CLUSTERS = "work/evaluation.clusters"
EVAL_WORK = (EVAL_INDEX, EVAL_VECTORS, EVAL_CLUSTERS)  # needed by an unfinished run alone
