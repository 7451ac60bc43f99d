from pipeline.commands.vocab.cli import VOCAB

VOCAB.main()
