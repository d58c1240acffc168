"""Two servers over one PostgreSQL."""

from collections.abc import AsyncIterator

import pytest_asyncio

from support.world import World, world_over


@pytest_asyncio.fixture
async def worlds(postgres_url: str) -> AsyncIterator[tuple[World, World]]:
    """Run two servers over one database; their clocks stand at the same instant."""
    async with world_over(postgres_url) as one, world_over(postgres_url) as other:
        yield one, other
