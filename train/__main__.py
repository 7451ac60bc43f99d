from pipeline.commands.train.cli import main

main()
