# The image of the API and its commands. BASE is any Debian with Python from 3.11 on and its venv.
# `make setup` first: the image takes the page as it was built into connect_graph/assets.
ARG BASE=python:3.11-slim-bookworm

FROM ${BASE} AS build
WORKDIR /build
COPY pyproject.toml requirements.lock ./
COPY docker/runtime_lock.py docker/
RUN python3 -m venv /opt/connect-graph \
 && python3 -m venv builder \
 && builder/bin/python docker/runtime_lock.py requirements.lock build > build.lock \
 && builder/bin/python docker/runtime_lock.py requirements.lock runtime > runtime.lock \
 && builder/bin/python -m pip install --no-cache-dir --require-hashes -r build.lock \
 && /opt/connect-graph/bin/python -m pip install --no-cache-dir --no-deps --only-binary :all: \
      --require-hashes -r runtime.lock
COPY README.md ./
COPY connect_graph connect_graph
COPY db db
COPY resolvers resolvers
COPY schema schema
RUN test -f connect_graph/assets/index.html \
  || { echo 'connect_graph/assets is not built: run make setup' >&2; exit 1; }
RUN builder/bin/python -m hatchling build -t wheel \
 && /opt/connect-graph/bin/python -m pip install --no-cache-dir --no-deps --no-index dist/*.whl \
 && /opt/connect-graph/bin/python -m pip check \
 && /opt/connect-graph/bin/python -m pip uninstall --yes --quiet setuptools pip

FROM ${BASE}
COPY --from=build /opt/connect-graph /opt/connect-graph
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin connect \
 && install -d -o connect -g connect -m 0700 /var/lib/connect-graph /var/lib/connect-key
ENV PATH=/opt/connect-graph/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CONNECT_DATA_DIR=/var/lib/connect-graph
WORKDIR /var/lib/connect-graph
VOLUME /var/lib/connect-graph
USER connect
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["python3", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["connect-graph"]
CMD ["serve", "--host", "0.0.0.0"]
