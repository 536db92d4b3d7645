"""Waits until Knative Services are Ready, says why one is not, and lets Knative try again what was mended.

Pulumi's Kubernetes provider can wait too (`pulumi.com/waitFor`), but only for the whole timeout, without a
reason, and only for what it changes. So the waiting is done here, for all Knative Services of a program at
once, changed or not. It reads the cluster with the kubernetes client.
"""

import asyncio
import weakref
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pulumi
from pulumi.runtime.settings import get_monitor

from . import observing
from .cluster import Cluster
from .live_objects import CannotReadError, LiveObjects
from .registry.coverage import Reader
from .serving.conditions import LEAST_GRACE, MAKE_AGAIN, Cause, cause
from .serving.explanation import explain, progress
from .serving.status import Object, Observed, get, is_ready, name_of
from .serving.wait import Wait
from .serving_service import ServingService

POLL_SECONDS = 0.5
GATHER_SECONDS = 0.05
"""For how long a request for a namespace waits for others who want the same."""
LOST_SECONDS = 15
"""For how long the API server may be gone, as when it is restarted."""
MISSING_SECONDS = 2
MOST_TRIES = 3
"""How often a Revision is deleted, or tried to, since its status may change in between."""
RESOLVE_SECONDS = 3
"""How long a Revision that was made again may take to resolve its image: else it waits for an old delay."""
SHOW_SECONDS = 10
"""How often it is shown how long it has taken."""
QUIET_SECONDS = 5
"""How long a failure is held back for Knative Services that are still to be created."""
READERS = 8
"""How many requests are made at once, whatever the number of Knative Services."""

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """What to wait for, and how."""

    cluster: Cluster
    wait: Wait
    password_commands: Mapping[str, str] = field(default_factory=dict)
    """For a pull secret, the command that changes its password; for messages."""


class NotReadyError(pulumi.RunError):
    """Knative Services are not Ready; each has said why on its resource. Pulumi shows no traceback."""


def status_when_ready(service: ServingService, waiting: Waiting) -> pulumi.Output[Any]:
    """Give the status of a Knative Service once it is Ready.

    In preview it is not waited for; what is wrong with it at present is a warning. Without access to the
    cluster a warning says that nothing was checked, and there is no status.

    Raises NotReadyError, when all Knative Services of the program have ended.
    """
    run = _RUNS.setdefault(get_monitor(), _Run())
    run.expected += 1

    async def look(values: list[Any]) -> Any:
        _, metadata = values
        watch = _Watch(run, service, waiting, metadata["namespace"], metadata["name"])
        found = await (watch.glance() if pulumi.runtime.is_dry_run() else watch.until_ready())
        return get(found, "status")

    # The id is known when the object is in the cluster; its status in Pulumi's state is that of its creation.
    return pulumi.Output.all(service.id, service.metadata).apply(look)


class _Run:
    """What the Knative Services of one program share."""

    def __init__(self) -> None:
        self.expected = 0
        self.started = 0
        self.waiting = 0
        self.failed: list[str] = []
        self.warned: set[str] = set()
        self._clusters: dict[Cluster, asyncio.Future[LiveObjects]] = {}
        self._lists: dict[tuple[Cluster, str], _List] = {}
        self._freed: dict[tuple[Cluster, str], asyncio.Future[dict[str, Any]]] = {}
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="readiness")

    async def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Call a function that blocks, in a thread: not in asyncio's, which Pulumi needs."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, *arguments)

    async def objects(self, cluster: Cluster) -> LiveObjects:
        if cluster not in self._clusters:
            self._clusters[cluster] = asyncio.ensure_future(self.call(LiveObjects, cluster))
        return await asyncio.shield(self._clusters[cluster])

    def list(self, cluster: Cluster, objects: LiveObjects, namespace: str) -> "_List":
        if (cluster, namespace) not in self._lists:
            self._lists[cluster, namespace] = _List(self, objects, namespace)
        return self._lists[cluster, namespace]

    async def freed(self, cluster: Cluster, objects: LiveObjects, namespace: str) -> dict[str, Any]:
        """Free the stuck pods of a namespace, once."""
        if (cluster, namespace) not in self._freed:
            self._freed[cluster, namespace] = asyncio.ensure_future(
                self.call(observing.free_stuck_pods, objects, namespace)
            )
        return await asyncio.shield(self._freed[cluster, namespace])

    async def all_ended(self) -> None:
        """Return when nothing is waited for any more.

        One that is still to be created counts too, but not for ever: it may depend on one that has failed.
        """
        loop = asyncio.get_running_loop()
        quiet_since, seen = loop.time(), (self.started, self.waiting)
        while self.waiting or (self.started < self.expected and loop.time() - quiet_since < QUIET_SECONDS):
            await asyncio.sleep(0.1)
            if seen != (self.started, self.waiting):
                quiet_since, seen = loop.time(), (self.started, self.waiting)


# By run: one process may run several programs, one after the other or side by side.
_RUNS: weakref.WeakKeyDictionary[object, _Run] = weakref.WeakKeyDictionary()


class _List:
    """The Knative Services of a namespace, read once for all who want to know at the same time."""

    def __init__(self, run: _Run, objects: LiveObjects, namespace: str) -> None:
        self._run = run
        self._objects = objects
        self._namespace = namespace
        self._next: asyncio.Task[Mapping[str, Object]] | None = None

    async def read(self) -> Mapping[str, Object]:
        """Give them as they are after this call."""
        if self._next is None:
            self._next = asyncio.ensure_future(self._read_soon())
        return await asyncio.shield(self._next)

    async def _read_soon(self) -> Mapping[str, Object]:
        await asyncio.sleep(GATHER_SECONDS)
        # Who comes from here on may know of something that this answer does not have.
        self._next = None
        return await self._run.call(observing.knative_services, self._objects, self._namespace)


@dataclass(frozen=True)
class _End:
    """How a wait ended: with a Knative Service that is Ready, or with the reason why it will not be."""

    service: Object | None = None
    failure: str = ""


class _Watch:
    """One Knative Service, looked at until it is Ready or has failed."""

    def __init__(
        self, run: _Run, resource: pulumi.Resource, waiting: Waiting, namespace: str, name: str
    ) -> None:
        self._run = run
        self._resource = resource
        self._waiting = waiting
        self._namespace = namespace
        self._name = name
        self._shown = ""
        self._tries = MOST_TRIES
        self._made_again_at = 0.0
        self._made_again: str | None = None
        """The uid of the Revision that was deleted so that Knative makes it again."""
        self._seen: dict[tuple[Any, str], float] = {}
        """When each cause was first seen, by Revision."""

    async def glance(self) -> Object | None:
        """Look once; that a Knative Service has failed is a warning. None if it cannot be read."""
        try:
            objects = await self._run.objects(self._waiting.cluster)
            service = await self._service(objects)
            if service is None:
                pulumi.log.warn(self._missing(objects), self._resource)
            elif not is_ready(service):
                observed = await self._run.call(observing.observe, objects, service)
                why = cause(observed)
                if why.grace_seconds is not None:
                    text = await self._explain(objects, observed, why)
                    pulumi.log.warn(f"at present, {text}", self._resource)
        except CannotReadError as error:
            self._warn_that_unread(error)
            return None
        return service

    async def until_ready(self) -> Object | None:
        """Wait. Raises NotReadyError when all have ended; gives None if it cannot be read."""
        self._run.started += 1
        self._run.waiting += 1
        try:
            end = await self._end()
        finally:
            self._run.waiting -= 1
        if end.failure:
            pulumi.log.error(end.failure, self._resource)
            self._run.failed.append(f"{self._namespace}/{self._name}")
            await self._run.all_ended()
            raise NotReadyError(_summary(self._run))
        return end.service

    async def _end(self) -> _End:
        loop = asyncio.get_running_loop()
        start = last_read = loop.time()
        while True:
            try:
                objects = await self._run.objects(self._waiting.cluster)
                end = await self._look(objects, loop.time() - start)
                last_read = loop.time()
            except CannotReadError as error:
                if error.is_refusal or loop.time() - last_read > LOST_SECONDS:
                    self._warn_that_unread(error)
                    return _End()
            else:
                if end is not None:
                    return end
            await asyncio.sleep(POLL_SECONDS)

    async def _look(self, objects: LiveObjects, elapsed: float) -> _End | None:
        await self._say_what_was_freed(objects)
        service = await self._service(objects)
        if service is None:
            return _End(failure=self._missing(objects)) if elapsed > MISSING_SECONDS else None
        if is_ready(service):
            return _End(service)
        observed = await self._run.call(observing.observe, objects, service)
        why = cause(observed)
        if await self._try_again(objects, observed, why, elapsed) or self._is_being_made_again(observed):
            why = Cause(code="deploying")
        self._show(why, elapsed)
        if self._is_final(why, observed, elapsed):
            return _End(failure=await self._explain(objects, observed, why))
        if elapsed > (self._waiting.wait.seconds or 0):
            text = await self._explain(objects, observed, why)
            return _End(failure=f"{text}\n  waited: {self._waiting.wait.timeout}, all of the timeout")
        return None

    async def _service(self, objects: LiveObjects) -> Object | None:
        return (await self._run.list(self._waiting.cluster, objects, self._namespace).read()).get(self._name)

    async def _say_what_was_freed(self, objects: LiveObjects) -> None:
        try:
            freed = await self._run.freed(self._waiting.cluster, objects, self._namespace)
        except CannotReadError:
            return
        for pod in freed.pop(self._name, ()):
            pulumi.log.info(f"deleted pod {pod}, which waited to pull its image again", self._resource)

    async def _try_again(self, objects: LiveObjects, observed: Observed, why: Cause, elapsed: float) -> bool:
        """Let Knative try again what may have been mended since it failed."""
        if not self._tries or not self._is_to_be_tried_again(why, elapsed):
            return False
        self._tries -= 1
        try:
            uid = await self._run.call(observing.try_again, objects, observed)
        except CannotReadError as error:
            self._tries = 0
            pulumi.log.info(
                f"Knative tries again by itself only after minutes; the failed revision could not be deleted "
                f"({error}). Delete it: kubectl delete revision -n {self._namespace} "
                f"{name_of(observed.revision or {})}",
                self._resource,
            )
            return False
        if uid is not None:
            self._made_again, self._made_again_at = uid, elapsed
        return uid is not None

    def _is_to_be_tried_again(self, why: Cause, elapsed: float) -> bool:
        """Tell whether to delete the Revision; more than once only for what Knative may remember.

        Its resolver keeps the last answer and the delay by the Revision's name, and forgets them when it
        notices the deletion: not, if the Revision is there again by then (serving
        `pkg/reconciler/revision/background.go`).
        """
        if self._made_again is None:
            return why.code in MAKE_AGAIN
        if why.code == "resolving":
            return elapsed - self._made_again_at > RESOLVE_SECONDS
        return why.reader is Reader.KNATIVE and why.code in MAKE_AGAIN and why.grace_seconds == LEAST_GRACE

    def _is_being_made_again(self, observed: Observed) -> bool:
        if self._made_again is None:
            return False
        return observed.revision is None or get(observed.revision, "metadata", "uid") == self._made_again

    def _is_final(self, why: Cause, observed: Observed, elapsed: float) -> bool:
        first_seen = self._seen.setdefault((get(observed.revision, "metadata", "uid"), why.code), elapsed)
        return why.grace_seconds is not None and elapsed - first_seen >= why.grace_seconds

    def _show(self, why: Cause, elapsed: float) -> None:
        # Where lines can't be rewritten, as in CI, each of these is a line more.
        text = f"{progress(why)} ({elapsed // SHOW_SECONDS * SHOW_SECONDS:.0f} s)"
        if text != self._shown:
            self._shown = text
            pulumi.log.info(text, self._resource, ephemeral=True)

    async def _explain(self, objects: LiveObjects, observed: Observed, why: Cause) -> str:
        commands = self._waiting.password_commands
        return explain(await self._run.call(observing.situation, objects, observed, why, commands))

    def _missing(self, objects: LiveObjects) -> str:
        return (
            f"Knative Service {self._namespace}/{self._name} is not in the cluster {objects.host}, though "
            "Pulumi made it. If that is not the provider's cluster, name that one (cluster); if it was "
            "deleted, let Pulumi take notice: pulumi refresh, then pulumi up"
        )

    def _warn_that_unread(self, error: CannotReadError) -> None:
        if str(error) not in self._run.warned:
            self._run.warned.add(str(error))
            pulumi.log.warn(
                f"nothing checked whether the Knative Services are ready: {error}. "
                "Let whoever runs Pulumi read services.serving.knative.dev, or set wait to false",
                self._resource,
            )


def _summary(run: _Run) -> str:
    failed = sorted(run.failed)
    return (
        f"{len(failed)} of {run.started} Knative Services not ready: {', '.join(failed)}. "
        "Why, and what to do, is said for each of them"
    )
