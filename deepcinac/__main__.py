"""``python -m deepcinac`` is the command ``deepcinac``."""

import sys

from deepcinac.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
