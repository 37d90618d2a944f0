"""`python -m connect_graph` is `connect-graph`."""

import sys

from connect_graph.cli import main

if __name__ == "__main__":
    sys.exit(main())
