"""The API for a host application: the server to mount, guards for the application's routes, accounts and events."""
