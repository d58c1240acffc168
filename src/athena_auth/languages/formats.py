"""Times and durations in a language, by the data of the Unicode CLDR.

Babel is imported when the first mail is written: importing it and reading a language's data take a tenth of a second each.
"""

from datetime import UTC, datetime

from athena_auth.kernel.texts import Text
from athena_auth.languages.language import ENGLISH, Language

_SECONDS = {"day": 86_400, "hour": 3_600, "minute": 60}
_SECONDS_PER_MINUTE = 60


def moment(instant: int, language: Language) -> str:
    """Return a time in UTC, with minutes; `instant` is in Unix milliseconds.

    English is also read by those whose language is unknown, so its dates are those of ISO 8601: 01/02/2027 has two meanings.
    """
    at = datetime.fromtimestamp(instant / 1000, UTC)
    if language.code == ENGLISH.code:
        return f"{at:%Y-%m-%d %H:%M} UTC"
    from babel.dates import format_date, format_time  # noqa: PLC0415

    locale = language.code.replace("-", "_")
    date, time = format_date(at, "long", locale=locale), format_time(at, "HH:mm", locale=locale)
    return language.render(Text("{date}, {time} UTC", date=date, time=time))


def duration(seconds: int, language: Language) -> str:
    """Return a duration in words, rounded down so that a message never promises too much."""
    from babel.units import format_unit  # noqa: PLC0415

    minutes = seconds // _SECONDS_PER_MINUTE
    locale = language.code.replace("-", "_")
    if not minutes:
        return format_unit(seconds, "duration-second", locale=locale)
    unit, length = next(each for each in _SECONDS.items() if minutes * _SECONDS_PER_MINUTE % each[1] == 0)
    return format_unit(minutes * _SECONDS_PER_MINUTE // length, f"duration-{unit}", locale=locale)
