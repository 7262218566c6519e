"""Recording into the trail."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from xiaoer.data.postgres.database import Executor
from xiaoer.data.stores import shop as store
from xiaoer.kit.ids import new_id


async def record_deed(
    db: Executor,
    shop_id: UUID,
    action: str,
    *,
    actor_kind: str,
    actor_id: UUID | None,
    object_kind: str,
    object_id: object,
    **detail: Any,
) -> None:
    """Append one deed; call it in the unit of work that does the deed."""
    await store.record_audit(
        db, shop_id, new_id(), actor_kind=actor_kind, actor_id=actor_id, action=action,
        object_kind=object_kind, object_id=str(object_id), detail=detail,
    )  # fmt: skip
