"""The gallery: a static site of all pictures, written from the catalog. It needs no server and asks no other host."""
