"""`python -m unlearn_core.cli`: the same as `unlearn`."""

from unlearn_core.cli.main import main

main()
