"""How often passwords may be guessed at sign-in."""
