"""How often mail may be sent to an account at somebody's request."""
