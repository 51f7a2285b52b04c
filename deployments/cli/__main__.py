"""`python -m deployments.cli`, as the command."""

import sys

from deployments.cli import main

sys.exit(main())
