"""Renders the templates. All are compiled at the start, so that a fault in an operator's one is found there."""

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import msgspec
from jinja2 import (
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PackageLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateSyntaxError,
)
from markupsafe import Markup

from athena_auth.kernel.texts import Text
from athena_auth.languages import Language, Languages
from athena_auth.pages.notices import notice
from athena_auth.pages.site import Site
from athena_auth.pages.visit import Visit
from athena_auth.settings import Settings, SettingsError

_PACKAGE = "athena_auth.pages"


class Appearance(msgspec.Struct, frozen=True):
    """What an operator chooses of the look.

    Attributes:
        app_name: The name of the service.
        offers_sign_up: Whether sign-up is open.
        trusts_devices: Whether users may trust browsers.
        methods: The names of the second factors that are offered.
        stylesheets: The paths of the stylesheets, in their order.
        module: The path of the script.
        passkey_module: The path of the script of those pages that make or use passkeys.
        icon: The path of the icon in the browser's tab.
        logo: The path of the logo, if there is one.
        help_url: Where users get help, if it is known.
        privacy_url: The privacy policy, if there is one.
        languages: The languages that users choose from.
    """

    app_name: str
    offers_sign_up: bool
    trusts_devices: bool
    methods: tuple[str, ...]
    stylesheets: tuple[str, ...]
    module: str
    passkey_module: str
    icon: str
    logo: str | None
    help_url: str | None
    privacy_url: str | None
    languages: tuple[Language, ...]


def appearance_of(
    settings: Settings,
    site: Site,
    names: dict[str, str],
    languages: Languages,
    methods: tuple[str, ...],
) -> Appearance:
    """Return the appearance that these settings choose. `names` are those of the assets."""
    sheets = [names[name] for name in ("pages.css", "theme.css", "custom.css") if name in names]
    return Appearance(
        settings.app_name,
        settings.sign_up == "open",
        settings.trust_ttl > 0,
        methods,
        tuple(map(site.asset, sheets)),
        site.asset(names["pages.js"]),
        site.asset(names["passkeys.js"]),
        site.asset(names["icon.svg"]),
        site.asset(names["logo"]) if "logo" in names else None,
        settings.help_url,
        settings.privacy_url,
        tuple(languages),
    )


class Templates:
    """Renders pages.

    Args:
        folder: The operator's templates, which override those of the package one by one.

    Raises:
        SettingsError: a template of the operator's has an unknown name or cannot be compiled.
    """

    def __init__(self, site: Site, appearance: Appearance, folder: Path | None) -> None:
        self._environment = _environment(folder)
        self._site, self._appearance = site, appearance
        self.stylesheets = appearance.stylesheets

    def render(self, template: str, context: dict[str, Any], visit: Visit) -> str:
        """Return the document, in the language of the visitor. Their query may name the notice that it begins with."""
        language = visit.language
        shared: dict[str, Any] = {
            "app": self._appearance,
            "endpoint": self._site.endpoint,
            "here": visit.here,
            "has_pages": self._site.pages is not None,
            "language": language,
            "link": self._site.link,
            "mail_link": self._site.mail_link,
            "notice": notice(visit.query.get("notice", ""), language),
            # A variable's text is translated by this one, which leaves the escaping to the template.
            "translated": partial(_translated, language),
            "gettext": _gettext(language),
            "ngettext": _ngettext(language),
        }
        return self._environment.get_template(template).render(shared | context)


def _translated(language: Language, text: Text | str) -> str:
    return language.render(text) if isinstance(text, Text) else language.gettext(text)


def _gettext(language: Language) -> Callable[..., Markup]:
    """Return the translation of a template's own texts, which may have markup; values are escaped."""

    def gettext(text: str, **values: object) -> Markup:
        return Markup(language.gettext(text)) % values  # noqa: S704 - templates and catalogues are ours

    return gettext


def _ngettext(language: Language) -> Callable[..., Markup]:
    def ngettext(one: str, many: str, number: int, **values: object) -> Markup:
        text = language.ngettext(one, many, number)
        return Markup(text) % {"num": number, **values}  # noqa: S704 - as above

    return ngettext


@cache
def _environment(folder: Path | None) -> Environment:
    """Return an environment with every template compiled, once for each folder: compiling takes most of the start."""
    own = PackageLoader(_PACKAGE)
    loaders = [] if folder is None else [FileSystemLoader(folder)]
    environment = Environment(
        # A template of the operator's may extend ours: `{% extends "original/sign_in.html" %}`.
        loader=ChoiceLoader([*loaders, own, PrefixLoader({"original": own})]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.newstyle_gettext = True  # type: ignore[attr-defined]
    known = own.list_templates()
    if folder is not None:
        _refuse_unknown(folder, known)
    for name in known:
        _compile(environment, name)
    return environment


def _refuse_unknown(folder: Path, known: list[str]) -> None:
    if not folder.is_dir():
        raise SettingsError(f"ATHENA_TEMPLATES: {folder.absolute()} is not a folder.")
    unknown = sorted({path.name for path in folder.glob("*.html")} - set(known))
    if unknown:
        raise SettingsError(
            f"ATHENA_TEMPLATES: there is no template {unknown[0]} to override; the names are {', '.join(known)}."
        )


def _compile(environment: Environment, name: str) -> None:
    try:
        environment.get_template(name)
    except TemplateSyntaxError as error:
        raise SettingsError(
            f"ATHENA_TEMPLATES: line {error.lineno} of {error.name} is not valid: {error.message}"
        ) from None
    except UnicodeDecodeError:
        raise SettingsError(f"ATHENA_TEMPLATES: {name} is not a UTF-8 text file.") from None
