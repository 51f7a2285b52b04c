"""What happens, in what order: the only place where tasks meet."""
