"""The authenticator app: time-based one-time passwords."""
