"""better-auth-server as its documentation sets it up: FastAPI, SQLAlchemy, under uvicorn with uvloop.

Run by the interpreter of an environment of its own (`make bench` makes it). Off is what would measure
something else: limits by address (every request comes from one). SQLite gets the journal and the durability
that the other servers run with.
"""

import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from better_auth import BetterAuth, EmailAndPassword
from better_auth.adapters.sqlalchemy import SQLAlchemyAdapter
from better_auth.config import RateLimit
from better_auth.integrations.fastapi import BetterAuthFastAPI
from better_auth.plugins_ext.bearer import BearerPlugin
from better_auth.plugins_ext.two_factor import TwoFactorPlugin
from fastapi import FastAPI
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def main() -> None:
    """Serve on a port of the system's choice until terminated."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(f"API http://localhost:{listener.getsockname()[1]}/api/auth", flush=True)
    config = uvicorn.Config(
        _application(), lifespan="on", log_config=None, access_log=False, server_header=False
    )
    uvicorn.Server(config).run(sockets=[listener])


def _application() -> Any:
    adapter = SQLAlchemyAdapter(_engine(os.environ["BENCH_DATABASE_URL"]))
    auth = BetterAuth(
        secret=os.environ["BENCH_SECRET"],
        base_url=os.environ["BENCH_ORIGIN"],
        adapter=adapter,
        email_and_password=EmailAndPassword(enabled=True),
        rate_limit=RateLimit(enabled=False),
        plugins=[BearerPlugin(), TwoFactorPlugin(otp_options={"send_otp": _send_code})],
    )

    @asynccontextmanager
    async def lifespan(_application: Any) -> AsyncIterator[None]:
        await adapter.create_tables()
        yield

    application = FastAPI(lifespan=lifespan)
    application.include_router(BetterAuthFastAPI(auth).router)
    return application


def _engine(url: str) -> AsyncEngine:
    if not url.startswith("sqlite:"):
        return create_async_engine(url.replace("postgresql:", "postgresql+asyncpg:", 1))
    engine = create_async_engine(url.replace("sqlite:", "sqlite+aiosqlite:", 1))

    @event.listens_for(engine.sync_engine, "connect")
    def _settings(connection: Any, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _send_code(message: dict[str, Any], _context: Any) -> None:
    line = json.dumps({"to": message["user"]["email"], "kind": "two-factor-otp", "code": message["otp"]})
    with Path(os.environ["BENCH_MAIL_FILE"]).open("a") as file:
        file.write(line + "\n")


if __name__ == "__main__":
    main()
