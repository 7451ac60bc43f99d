from pipeline.duplicates.cli import main

main()
