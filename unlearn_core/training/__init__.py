"""Training of ensembles: data on the device, sampling, schedules, optimizer, trainer."""
