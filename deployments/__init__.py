"""When and where flows run: from the terminal, on schedules, on work pools, and with which server."""
