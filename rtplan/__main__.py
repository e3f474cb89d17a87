"""``python -m rtplan``: the same as the command ``rtplan``."""

from rtplan.cli import main

if __name__ == "__main__":
    main()
