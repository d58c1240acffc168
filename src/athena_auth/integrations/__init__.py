"""Guards for frameworks that are not built on Starlette; each module imports the one it is named after."""
