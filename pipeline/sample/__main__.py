from pipeline.sample.cli import SAMPLE

SAMPLE.main()
