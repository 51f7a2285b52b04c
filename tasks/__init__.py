"""The verbs of the trade, one a file, and the plain Python they stand on."""
