"""Telemetry: how long requests take and how they end, as OpenTelemetry has it.

Roles, kinds and codes are told; documents, variables, tokens, names that a caller chose and ids are
not. Nothing leaves the process unless OTEL_EXPORTER_OTLP_ENDPOINT says where to.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, runtime_checkable

from opentelemetry import metrics, trace
from opentelemetry.context import Context
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation
from opentelemetry.trace import Span, StatusCode, Tracer, TracerProvider

from db.pool import Pools
from resolvers.answer import Answer
from resolvers.errors import Code

NAME = "connect-graph"
_ROOT = Context()
_UNWATCHED = nullcontext()
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_STATEMENTS = (0, 1, 2, 4, 8, 16, 32, 64)


@runtime_checkable
class Closing(Protocol):
    """Be a provider that sends what is left when it is shut down."""

    def shutdown(self) -> object:
        """Send what is left."""


class Observed:
    """Watch one request, from the door to the last statement."""

    def __init__(self, tracer: Tracer, route: str) -> None:
        self.request_id = secrets.token_hex(16)
        self.route = route
        self.role: str | None = None
        self.kind: str | None = None
        self.codes: tuple[str, ...] = ()
        self.statements = 0
        self.rows = 0
        self._tracer = tracer
        self._began = time.perf_counter()
        # Always the root: what a caller says of a trace of its own is not taken over.
        self.span: Span = tracer.start_span("request", _ROOT)

    @property
    def seconds(self) -> float:
        """Tell how long it has taken so far."""
        return time.perf_counter() - self._began

    @property
    def attributes(self) -> dict[str, str]:
        """Give what may be told of it."""
        told = {"route": self.route, "role": self.role, "operation": self.kind}
        return {name: value for name, value in told.items() if value is not None}

    def operation(self, kind: str) -> None:
        """Note the kind of operation."""
        self.kind = kind

    def refused(self, code: Code) -> None:
        """Note that it was refused whole."""
        self.codes = (code.value,)

    def answered(self, answer: Answer) -> None:
        """Note how it was answered, or a page of it."""
        self.statements += answer.statements
        self.rows += answer.rows
        self.codes = answer.codes

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Watch a stage as a span; an exception shows as a failure, without its sentence."""
        return self._span(name) if self.span.is_recording() else _UNWATCHED

    @contextmanager
    def _span(self, name: str) -> Iterator[None]:
        span = self._tracer.start_span(
            name, trace.set_span_in_context(self.span, _ROOT), attributes=self.attributes
        )
        try:
            yield
        except BaseException:
            span.set_status(StatusCode.ERROR)
            raise
        finally:
            span.end()


class Telemetry:
    """Measure what is observed."""

    def __init__(self, traces: TracerProvider, measures: MeterProvider) -> None:
        self._providers = (traces, measures)
        self._tracer = traces.get_tracer(NAME)
        self._meter = measures.get_meter(NAME)
        self._duration = self._meter.create_histogram(
            "connect_graph.request.duration",
            unit="s",
            description="How long requests take.",
            explicit_bucket_boundaries_advisory=_SECONDS,
        )
        self._statements = self._meter.create_histogram(
            "connect_graph.operation.statements",
            unit="{statement}",
            description="How many statements an operation takes.",
            explicit_bucket_boundaries_advisory=_STATEMENTS,
        )
        self._refusals = self._meter.create_counter(
            "connect_graph.refusals",
            unit="{refusal}",
            description="Requests that were refused, whole or in part, by code.",
        )

    @classmethod
    def make(cls, *, export: bool) -> Telemetry:
        """Make what exports by OTLP as the environment's OTEL_… say, or what does nothing."""
        if not export:
            return cls(trace.NoOpTracerProvider(), metrics.NoOpMeterProvider())
        # Six megabytes that a worker which tells nobody does without.
        from connect_graph import exporting  # noqa: PLC0415

        return cls(*exporting.providers(NAME))

    def observe(self, route: str) -> Observed:
        """Begin to watch a request."""
        return Observed(self._tracer, route)

    def finish(self, observed: Observed, status: int) -> None:
        """Measure a request that was answered, or broke off with status 0."""
        code = observed.codes[0] if observed.codes else "OK" if 0 < status < 400 else "HTTP"
        told = {**observed.attributes, "code": code}
        observed.span.set_attributes({**told, "status": status})
        if status == 0 or status >= 500:
            observed.span.set_status(StatusCode.ERROR)
        observed.span.end()
        self._duration.record(observed.seconds, {**told, "status": status})
        if observed.kind is not None:
            self._statements.record(observed.statements, observed.attributes)
        for refusal in observed.codes:
            self._refusals.add(1, {**observed.attributes, "code": refusal})

    def watch(self, pools: Pools) -> None:
        """Measure how many connections of each pool there are, and are in use."""

        def measure(_options: CallbackOptions) -> Iterable[Observation]:
            for pool in (pools.identity, pools.audit, pools.office, *pools.roles.values()):
                held, idle = pool.connections.get_size(), pool.connections.get_idle_size()
                yield Observation(held - idle, {"role": pool.role, "state": "used"})
                yield Observation(idle, {"role": pool.role, "state": "idle"})

        self._meter.create_observable_gauge(
            "connect_graph.pool.connections",
            [measure],
            unit="{connection}",
            description="Connections to the database.",
        )

    def close(self) -> None:
        """Send what is left, where it is sent at all."""
        for provider in self._providers:
            if isinstance(provider, Closing):
                provider.shutdown()


SILENT = Telemetry.make(export=False)
