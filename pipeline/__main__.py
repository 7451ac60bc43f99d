from pipeline.commands.corpus.cli import main

main()
