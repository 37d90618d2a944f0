"""Exporting: spans and measures by OTLP, to where the environment's OTEL_… say.

Loaded only where something is exported: the exporter and the encoding of its messages take six
megabytes of every worker.
"""

from __future__ import annotations

from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def providers(name: str) -> tuple[TracerProvider, MeterProvider]:
    """Make what exports spans, and what exports measures, in the name of a program."""
    resource = Resource.create({"service.name": name, "service.version": version(name)})
    traces = TracerProvider(resource=resource)
    traces.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    reader = PeriodicExportingMetricReader(OTLPMetricExporter())
    return traces, MeterProvider([reader], resource=resource)
