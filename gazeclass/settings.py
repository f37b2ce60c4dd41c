"""Settings of the program: defaults, ``settings.toml`` in the user's folder, ``GAZECLASS_*`` variables."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

import platformdirs
from pydantic import Field
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

CONFIG_DIR = Path(platformdirs.user_config_dir("gazeclass", appauthor=False))
DATA_DIR = Path(platformdirs.user_data_dir("gazeclass", appauthor=False))
CACHE_DIR = Path(platformdirs.user_cache_dir("gazeclass", appauthor=False))


class Settings(BaseSettings):
    """What a user may set once for all lessons; every field has a default that works."""

    model_config = SettingsConfigDict(env_prefix="GAZECLASS_", toml_file=CONFIG_DIR / "settings.toml", extra="ignore")

    models_dir: Path = Field(DATA_DIR / "models", description="where the user's own models live")
    assets_dir: Path | None = Field(None, description="CC0 MakeHuman and light assets for `gazeclass simulate`")
    cache_dir: Path = Field(CACHE_DIR, description="what can be made again: rendered pictures, body models")
    providers: list[str] = Field(
        default_factory=list, description="ONNX Runtime execution providers by preference; empty: CPU"
    )
    library_dir: Path = Field(DATA_DIR / "library", description="classrooms, lessons and roster of the desktop program")
    theme: Literal["system", "light", "dark"] = Field("system", description="colours of the window")
    language: str = Field("", description="of the window, for example zh_CN; empty: the system's")
    cpu_threads: int = Field(0, ge=0, description="threads a model may use; 0: all cores")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the file."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process, read once."""
    return Settings()
