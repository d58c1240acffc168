"""What operators do with users' accounts. It has no HTTP endpoints: only the host's code and the command line call it."""
