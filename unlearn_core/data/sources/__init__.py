"""One module per dataset: where its files lie and how they are read."""
