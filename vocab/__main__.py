from pipeline.commands.vocab.cli import main

main()
