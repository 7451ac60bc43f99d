# %% [markdown]
# # From a crawl to a corpus, its verdicts, and a search
#
# Run it as a script (`python docs/notebook.py`), or cell by cell in an editor that knows `# %%`, such as VS Code, or in
# Jupyter (`jupytext --to ipynb docs/notebook.py`). It needs `pip install '.[train]' pandas`, two cores and ten minutes.
# A test runs it with fewer pictures and steps.

# %%
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline import make_corpus
from train import PictureBytes, decode_example, embed_pictures, embed_texts, load_towers, read_records

PICTURES = 1900  # in the generated crawl
STEPS = 800  # optimiser steps of the training
PIECES = 1000  # size of the vocabulary
FOLDER = Path("out/notebook")


def command(*words: str | Path) -> None:
    """`python -m …`; in Jupyter, `!python -m …` does the same."""
    subprocess.run([sys.executable, "-m", *map(str, words)], check=True)


# %% [markdown]
# ## The corpus
#
# A generated crawl stands in for your own files. `make_corpus` does what `python -m pipeline` does, and returns the
# funnel. Called again, it returns the funnel of the finished run.

# %%
if not (FOLDER / "sample").exists():
    command("pipeline.sample", f"--output={FOLDER / 'sample'}", f"--pictures={PICTURES}")

funnel = make_corpus(
    FOLDER / "sample" / "crawl",
    FOLDER / "corpus",
    config={"name": "notebook", "filters": {"rare_ngram": {"min_count": 3}}, "vocab": {"size": PIECES}},
    eval_images=FOLDER / "sample" / "eval",
)
print(funnel)

# %% [markdown]
# ## The verdicts
#
# Each raw pair has a row with its signals and the reasons for which it is dropped: docs/files.md lists the columns.

# %%
verdicts = pd.read_parquet(FOLDER / "corpus" / "verdicts")
kept = verdicts[verdicts["reasons"].map(len) == 0]
print(kept[["text", "width", "height", "words"]].head())

first_reasons = verdicts["reasons"].map(lambda reasons: reasons[0] if len(reasons) else "kept").value_counts()
print(first_reasons)

# %% [markdown]
# A threshold can be changed after the fact: kept pairs that a smallest short side of 256 pixels would drop.

# %%
smaller = kept[kept[["width", "height"]].min(axis="columns") < 256]
print(f"{len(smaller):,} of {len(kept):,} kept pairs")

# %% [markdown]
# Copies of evaluation images, by the bits in which their hashes differ:

# %%
copies = verdicts.dropna(subset="eval_match")[["key", "eval_match", "eval_distance"]].sort_values("eval_distance")
print(copies)

# %% [markdown]
# ## A model
#
# The vocabulary of the kept texts, and a small dual encoder: minutes on two cores.

# %%
command("vocab", f"--corpus={FOLDER / 'corpus'}", f"--output={FOLDER / 'corpus' / 'vocab'}")
command(
    "train",
    "fit",
    "--config=configs/toy.yaml",
    f"--corpus={FOLDER / 'corpus'}",
    f"--output={FOLDER / 'model'}",
    f"--train.steps={STEPS}",
    f"--train.optimizer.warmup_steps={STEPS // 4}",
)

# %% [markdown]
# ## Search
#
# The pictures of one shard, and the three nearest to a text. `python -m train embed` and `search` do so for millions.

# %%
shard = max((FOLDER / "corpus" / "corpus").glob("*.tfrecord"), key=lambda file: file.stat().st_size)
with shard.open("rb") as file:
    records = [decode_example(record) for _, record in read_records(file)]

towers = load_towers(FOLDER / "model")
pictures = [PictureBytes(record["key"][0].decode(), record["jpg"][0]) for record in records]
vectors = np.stack(list(embed_pictures(towers, pictures)))

query = records[0]["txt"][0].decode()
similarities = vectors @ embed_texts(towers, [query])[0]
nearest = np.argsort(-similarities)[:3]
print(f"nearest to “{query}”:")
for place in nearest:
    print(f"{similarities[place]:.3f}  {records[place]['txt'][0].decode()}")
