"""What is made of some days to be sent or put on a wall: the daily letter, and posters."""
