"""What the people who run the server do with other people's accounts. No request reaches it: only their own code does."""
