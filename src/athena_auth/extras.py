"""What to do where something that an extra of this package installs is missing."""


def how_to_install(extra: str) -> str:
    """Return the command for a reader, as the end of a sentence. The package is on no index yet: its source is needed."""
    return f"install the extra `{extra}`, in a checkout of Athena Auth with: pip install '.[{extra}]'"


def missing_extra(module: str, extra: str, error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return the error that names the extra which a module of this package cannot be imported without."""
    return ModuleNotFoundError(
        f"{module} needs more than the server does ({error}); {how_to_install(extra)}", name=error.name
    )
