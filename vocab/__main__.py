from pipeline.vocabulary.cli import main

main()
