# A service of one run, which is mounted at /model:
#   docker build -t sparring-serve .
#   docker run --read-only --tmpfs /tmp -v "$PWD/runs/digits:/model:ro" -e SPARRING_TOKEN=... -p 127.0.0.1:8000:8000 sparring-serve
FROM python:3.13-slim-trixie

WORKDIR /app
COPY constraints.txt ./
# torch first, and of its own index, whose build is the newer one for pip: the usual one brings several GB for GPUs.
RUN pip install --no-cache-dir -c constraints.txt --extra-index-url https://download.pytorch.org/whl/cpu torch
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir -c constraints.txt ".[serve,table,audio]" \
    && useradd --create-home --uid 10001 sparring

USER 10001
ENV MPLCONFIGDIR=/tmp SPARRING_CACHE=/tmp/sparring PYTHONDONTWRITEBYTECODE=1
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz')"]
ENTRYPOINT ["sparring", "serve", "/model", "--host", "0.0.0.0"]
