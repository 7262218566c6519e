"""Schemathesis over the application's own OpenAPI: `python -m tests.integration.api.fuzz --examples 500`.

Everything is sent to a shop of its own, so that what the generator happens to change (settings, keys, people) is
nobody else's. Half of the ids it invents are replaced by ones that exist, or it would only ever see 404.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))

import msgspec
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import seed as with_seed
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ignored_auth,
    response_schema_conformance,
    status_code_conformance,
)
from stage import Branch, Shopper, Stage, client_id

from xiaoer.application.http.app import make_app
from xiaoer.business.shop.queries import get_identity_secret

ROLES = ("administrator", "visitor", "anonymous")
CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance, ignored_auth,
]  # fmt: skip
# These give out bytes of any kind, which no JSON schema describes.
GIVES_FILES = {"getAttachment", "getOwnAttachment"}


@cache
def describe() -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        app = make_app(None, None, [], [])  # type: ignore[arg-type]
    # As it goes over the wire: defaults and the like are objects before.
    return dict(msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema())))


@cache
def list_operations() -> dict[str, tuple[str, str]]:
    """Operation id -> (path, method)."""
    paths = describe()["paths"]
    return {one["operationId"]: (path, method) for path, methods in paths.items() for method, one in methods.items()}


@cache
def load(url: str) -> Any:
    schema = schemathesis.openapi.from_dict(describe())
    schema.config.update(base_url=url)
    return schema


class Target:
    """The shop that is fuzzed, a caller of one role, and ids that exist in it."""

    def __init__(self, stage: Stage, branch: Branch, role: str) -> None:
        self.stage = stage
        self.branch = branch
        self.role = role
        assert branch.verified is not None
        branch.secret = stage.call(get_identity_secret(stage.web.backend, branch.shop_id))
        # Their own session each time: the generator may sign out, or change people.
        self.visitor: Shopper = stage.visitor(branch, user_id=branch.verified.user_id, name="客")
        administrator = stage.hire(branch, "administrator", "模糊")
        victim = stage.hire(branch, "agent", "同事")
        token = {"administrator": administrator.token, "visitor": self.visitor.token}.get(role)
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}
        files = {"administrator": branch.staff_file, "visitor": branch.own_file}
        self.known: dict[str, Any] = {
            "conversation_id": str(branch.conversation_id), "before_conversation": str(branch.conversation_id),
            "customer_id": str(branch.verified.customer_id), "attachment_id": str(files.get(role, branch.own_file)),
            "staff_id": str(victim.staff_id), "entry_id": branch.entry_id, "number": branch.order_number,
            "product_id": branch.product_id, "widget_key": branch.widget_key, "seq": 2, "version": 1,
        }  # fmt: skip

    def adapt(self, case: Any, choice: Random) -> None:
        """Put existing ids in the place of half of the invented ones, and a fresh client id in half of the bodies."""
        for place in (case.path_parameters, case.query, case.body):
            if not isinstance(place, dict):
                continue
            for name in [one for one in place if one in self.known and choice.random() < 0.6]:
                place[name] = self.known[name]
            if "client_id" in place and choice.random() < 0.5:
                place["client_id"] = client_id("fuzz")


def fuzz_operation(target: Target, operation_id: str, *, examples: int, seed: int) -> Counter[int]:
    """Send that many examples of an operation; raises what a check refuses. Returns how often each status came."""
    path, method = list_operations()[operation_id]
    operation = load(target.stage.url)[path][method.upper()]
    statuses: Counter[int] = Counter()
    modes = [GenerationMode.POSITIVE, GenerationMode.NEGATIVE]
    strategy = st.one_of([operation.as_strategy(generation_mode=mode) for mode in modes])
    # Without credentials there is nothing to take away, which is what the check of ignored ones does.
    left_out = {ignored_auth} if not target.headers else set()
    left_out |= {response_schema_conformance} if operation_id in GIVES_FILES else set()
    checks = [check for check in CHECKS if check not in left_out]

    @with_seed(seed)
    @settings(
        max_examples=examples, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False,
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(case=strategy, choice=st.randoms(use_true_random=False))
    def send(case: Any, choice: Random) -> None:
        target.adapt(case, choice)
        with requests.Session() as session:
            response = case.call(base_url=target.stage.url, headers=dict(target.headers), session=session, timeout=20)
            statuses[response.status_code] += 1
            case.validate_response(response, checks=checks, headers=dict(target.headers))

    send()
    return statuses


def _run_all(stage: Stage, branch: Branch, examples: int, seed: int) -> int:
    failed = 0
    for role in ROLES:
        for operation_id in list_operations():
            try:
                statuses = fuzz_operation(Target(stage, branch, role), operation_id, examples=examples, seed=seed)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    raise
                failed += 1
                print(f"FAILED {role} {operation_id}: {error}", flush=True)
            else:
                print(f"ok {role} {operation_id}: {dict(sorted(statuses.items()))}", flush=True)
    return failed


@contextmanager
def _own_stage() -> Iterator[Stage]:
    from databases import run_as_superuser, with_database
    from stage import stand

    from xiaoer.data.postgres.cluster import OWNER
    from xiaoer.data.postgres.migrate import migrate
    from xiaoer.data.postgres.supervisor import EmbeddedPostgres

    folder = Path(tempfile.mkdtemp(prefix="xiaoer-fuzz-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder / "shared")
    server.start()
    try:
        asyncio.run(run_as_superuser(server, f"CREATE DATABASE fuzz OWNER {OWNER}"))
        asyncio.run(migrate(with_database(server.owner_dsn, "fuzz")))
        stages = stand(with_database(server.dsn, "fuzz"))
        yield next(stages)
        next(stages, None)
    finally:
        server.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=500)
    parser.add_argument("--seed", type=int, default=None)
    given_args = parser.parse_args()
    seed = given_args.seed if given_args.seed is not None else Random().randrange(2**32)
    print(f"seed {seed}", flush=True)
    with _own_stage() as stage:
        failed = _run_all(stage, stage.open_branch("fuzz"), given_args.examples, seed)
    print(f"{failed} failed: {given_args.examples} examples, {len(list_operations())} operations, {len(ROLES)} roles")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
