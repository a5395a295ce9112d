# syntax=docker/dockerfile:1
# SPDX-License-Identifier: Apache-2.0
FROM python:3.13-slim AS build
ENV UV_PROJECT_ENVIRONMENT=/opt/throughline UV_LINK_MODE=copy
RUN pip install --no-cache-dir uv==0.13.9
WORKDIR /src
COPY pyproject.toml uv.lock README.md LICENSE ./
# The dependencies are a layer of their own: they change less often than the code.
RUN uv sync --frozen --extra server --no-dev --no-install-project --compile-bytecode
COPY . .
RUN uv sync --frozen --extra server --no-dev --no-editable --compile-bytecode

FROM python:3.13-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/throughline throughline \
    && install -d -o throughline -g throughline -m 700 /var/lib/throughline/data
COPY --from=build /opt/throughline /opt/throughline
ENV PATH=/opt/throughline/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    THROUGHLINE_DATA_DIR=/var/lib/throughline/data
USER throughline
WORKDIR /var/lib/throughline
VOLUME /var/lib/throughline/data
EXPOSE 8321 4317
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8321/readyz', timeout=2)"]
ENTRYPOINT ["throughline"]
CMD ["serve"]
