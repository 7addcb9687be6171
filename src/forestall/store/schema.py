"""Brings a database's tables to the shape this version of Forestall knows."""

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from forestall.model.errors import StoreFailed

MIGRATIONS = Path(__file__).parent / "migrations"
"""The folder of migrations, one file each."""

HEAD = "0006"
"""The newest migration (a test keeps this true): alembic takes most of a second to import, so it is asked only when needed."""


def migrate(engine: Engine) -> None:
    """Run the migrations a database lacks, in one transaction; raises StoreFailed where it is from a newer version."""
    if revision(engine) == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - see HEAD
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            raise StoreFailed(
                f"the database was made by another version of Forestall ({error})",
                "run the newest version, or restore the backup made before it was installed",
            ) from None


def revision(engine: Engine) -> str:
    """Give the newest migration a database has had, empty where it has had none."""
    with engine.connect() as connection:
        try:
            return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")
        except OperationalError:  # no such table
            return ""
