from pipeline.commands.dedup.cli import main

main()
