"""The session's running application (`stage`): a real server on a loopback port with furnished shops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from databases import with_database
from stage import Stage, clone_database, stand

from xiaoer.data.postgres.supervisor import EmbeddedPostgres


@pytest.fixture(scope="session")
def stage(postgres: EmbeddedPostgres) -> Iterator[Stage]:
    asyncio.run(clone_database(postgres, "xiaoer_stage"))
    yield from stand(with_database(postgres.dsn, "xiaoer_stage"))
