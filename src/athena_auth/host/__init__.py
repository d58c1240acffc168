"""What a host application holds: the server to mount, guards for its own routes, accounts, events."""
