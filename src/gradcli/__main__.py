"""`python -m gradcli` is `gradcli`."""

from .cli.app import main

main()
