"""``python -m gazeclass``."""

from gazeclass.cli.main import main

if __name__ == "__main__":
    main()
