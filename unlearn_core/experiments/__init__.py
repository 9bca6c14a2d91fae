"""From a config to records: plan, engine, runner, cache and jobs."""
