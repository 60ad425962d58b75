"""What a cluster says of the functions that run in it: read through `nuctl`, and never changed."""
