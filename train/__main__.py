from pipeline.commands.train.cli import TRAIN

TRAIN.main()
