"""Two PostgreSQL roles, one to migrate and one to serve, with only the grants that docs/operating.md names."""

import asyncio
import re
import secrets
from pathlib import Path

import asyncpg
import httpx
import pytest

from support.postgres import PostgresServer
from support.process import SECRET, run_athena, serving

GUIDE = Path(__file__).parents[2] / "docs" / "operating.md"


class Roles:
    """A database of its own, and the addresses of its administrator and of two roles that have nothing yet."""

    def __init__(self, url: str) -> None:
        suffix = secrets.token_hex(4)
        self.administrator = url
        self.names = {"athena_owner": f"owner_{suffix}", "athena_server": f"server_{suffix}"}
        for name in self.names.values():
            self.execute(f"CREATE ROLE {name} LOGIN")

    def url(self, role: str) -> str:
        return self.administrator.replace("postgres:@", f"{self.names[role]}@")

    def execute(self, statements: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.administrator)
            await connection.execute(statements)
            await connection.close()

        asyncio.run(run())

    def grant(self) -> None:
        """Run what the guide shows, with these roles."""
        [shown] = re.findall(r"^```sql\n(.*?)^```$", GUIDE.read_text(), re.DOTALL | re.MULTILINE)
        for name, own in self.names.items():
            shown = shown.replace(name, own)
        database = self.administrator.partition("?")[0].rpartition("/")[2]
        self.execute(shown.replace("DATABASE athena", f'DATABASE "{database}"'))


@pytest.fixture
def roles(postgres_server: PostgresServer) -> Roles:
    return Roles(postgres_server.empty_database())


def test_the_guides_grants_are_enough_to_migrate_and_to_serve(tmp_path: Path, roles: Roles) -> None:
    roles.grant()
    migrated = run_athena(tmp_path, "migrate", database_url=roles.url("athena_owner"), secret=SECRET)
    assert migrated.returncode == 0, migrated.stderr

    with serving(tmp_path, database_url=roles.url("athena_server"), secret=SECRET) as server:
        body = {"name": "Ada", "email": "ada@example.com", "password": "correct horse battery"}
        with httpx.Client(base_url=server.base_url) as client:
            token = client.post("/sign-up/email", json=body).json()["token"]
            headers = {"authorization": f"Bearer {token}"}
            enabled = client.post("/two-factor/enable", json={"password": body["password"]}, headers=headers)
            assert enabled.status_code == 200
            gone = client.post("/delete-user", json={"password": body["password"]}, headers=headers)
            assert gone.status_code == 200, gone.text


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_a_role_that_may_not_create_tables_is_told_so_in_one_sentence(
    tmp_path: Path, roles: Roles, command: str
) -> None:
    roles.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    ended = run_athena(tmp_path, command, database_url=roles.url("athena_server"), secret=SECRET)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "the role lacks a privilege" in ended.stderr
    assert "permission denied for schema public" in ended.stderr


def test_so_is_one_that_may_not_read_the_version(tmp_path: Path, roles: Roles) -> None:
    roles.grant()
    run_athena(tmp_path, "migrate", database_url=roles.url("athena_owner"), secret=SECRET)
    roles.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {roles.names['athena_server']}")

    ended = run_athena(tmp_path, "serve", port="0", database_url=roles.url("athena_server"), secret=SECRET)

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "permission denied for table athena_schema_version" in ended.stderr


def test_so_is_one_that_may_read_and_not_write(tmp_path: Path, roles: Roles) -> None:
    """It would serve until the first person signs up."""
    roles.grant()
    run_athena(tmp_path, "migrate", database_url=roles.url("athena_owner"), secret=SECRET)
    roles.execute(f"REVOKE INSERT, UPDATE ON ALL TABLES IN SCHEMA public FROM {roles.names['athena_server']}")

    ended = run_athena(tmp_path, "serve", port="0", database_url=roles.url("athena_server"), secret=SECRET)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "the role lacks a privilege" in ended.stderr


def test_a_database_that_does_not_hold_every_name_is_refused(tmp_path: Path, roles: Roles) -> None:
    name = f"latin_{secrets.token_hex(4)}"
    roles.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    url = re.sub(r"/[^/?]+\?", f"/{name}?", roles.administrator)

    ended = run_athena(tmp_path, "serve", port="0", database_url=url, secret=SECRET)

    assert ended.returncode == 1
    assert ended.stderr.count("\n") == 1, ended.stderr
    assert "the database has the encoding LATIN1" in ended.stderr
