"""What happens, in what order: the only place where tasks meet."""

import logging

from frontispiece.text import VisibleRecord

logging.setLogRecordFactory(VisibleRecord)  # runs log words of strangers, for consoles and databases not of our making
