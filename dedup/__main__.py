from pipeline.commands.dedup.cli import DEDUP

DEDUP.main()
