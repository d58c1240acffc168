"""Guards for Django and Litestar; Litestar's plugin also mounts the server. Each framework is imported by its own module alone."""
