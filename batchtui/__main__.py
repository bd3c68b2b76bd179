"""What `python -m batchtui` runs: the same command line as `batchtui`."""

from batchtui.cli.main import main

if __name__ == "__main__":
    main()
