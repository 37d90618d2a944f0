"""Run every benchmark, one after the other: `make bench`. One alone is `python -m bench.NAME`."""

from __future__ import annotations

from bench import audit, gateway, load, published, race

for benchmark in (race, load, gateway, audit, published):
    benchmark.main()
