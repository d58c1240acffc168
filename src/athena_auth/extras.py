"""Error texts for a missing dependency that an extra of this package installs."""


def how_to_install(extra: str) -> str:
    """Return the end of a sentence with the command. The package is on no index, so it needs a checkout."""
    return f"install the extra `{extra}`, in a checkout of Athena Auth with: pip install '.[{extra}]'"


def missing_extra(module: str, extra: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return the error for a module that cannot be imported without an extra."""
    return ModuleNotFoundError(
        f"{module} needs an optional dependency ({error}); {how_to_install(extra)}", name=error.name
    )
