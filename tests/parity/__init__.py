"""The same HTTP requests at Better Auth's own server and at this one, and what may differ in the answers."""
