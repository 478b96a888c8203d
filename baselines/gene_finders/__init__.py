"""External gene finders as peers: each runs a program that somebody else wrote."""
