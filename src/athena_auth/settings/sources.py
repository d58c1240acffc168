"""Where settings come from: keyword arguments, then the environment, then `.env` in the working directory."""

from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from athena_auth.settings.injected import is_injected

PREFIX = "ATHENA_"
ENV_FILE = ".env"


class SettingsSources(BaseSettings):
    """Reads the fields of a subclass. A field's variable is `ATHENA_` and its name in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_file=ENV_FILE,
        # `ATHENA_SECRET=` in a compose file means that no secret is set, not an empty one.
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - pydantic's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - none are configured
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Ignore variables that an orchestrator has set under names that look like settings."""
        if isinstance(env_settings, EnvSettingsSource):
            env_settings.env_vars = {
                name: value
                for name, value in env_settings.env_vars.items()
                if not is_injected(name.upper(), value or "")
            }
        return init_settings, env_settings, dotenv_settings
