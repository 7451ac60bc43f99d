from pipeline.sample.cli import main

raise SystemExit(main())
