"""The verbs of the trade, one a file: thin tasks around the library."""
