"""Guards for frameworks that are not built on Starlette. Only the module of a framework imports it."""
