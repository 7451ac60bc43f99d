"""Work of a finished run (`--reuse=RUN`) that another run takes over: pixel signals, index shards, sorted runs."""
