from pipeline.commands.corpus.cli import PIPELINE

PIPELINE.main()
