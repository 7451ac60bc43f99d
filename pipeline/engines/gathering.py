"""The last step of a pass with many tasks: workers gather the small files that the pass left."""

from __future__ import annotations

from collections.abc import Sequence

import apache_beam as beam
from apache_beam.pvalue import AsSingleton

from pipeline.engines.created import spread
from pipeline.files import Output
from pipeline.storage.gathered import SmallFiles, blocks, gather


def gather_after(done: beam.PCollection[str], output: Output, kinds: Sequence[SmallFiles], tasks: int) -> None:
    """Gathers small files of some kinds, once all is done; nothing where they are one block of `tasks`.

    Removes what an earlier run of the pass gathered: this one may write other files of the same names.
    """
    if each := [(block, files) for files in kinds for block in blocks(tasks)]:
        for files in kinds:
            output.remove(output.path(files.gathered))
        number = AsSingleton(done | "CountTasks" >> beam.combiners.Count.Globally())
        spread(done.pipeline, "Blocks", each) | "Gather" >> beam.Map(_gather, output, number)


def _gather(task: tuple[int, SmallFiles], output: Output, _: int) -> str:
    return gather(*task, output)
