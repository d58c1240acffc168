"""What a slice needs to describe and answer a request, without seeing one: routes, caller facts, replies."""
