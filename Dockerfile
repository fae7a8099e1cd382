# The monitor with its Rust core, run by an unprivileged user whose Python interpreter may open packet sockets.
#
#   docker build -t http-monitor .
#   docker run --rm -it --network host --cap-drop ALL --cap-add NET_RAW --read-only http-monitor -i eth0 -p 80
#
# Do not use --security-opt no-new-privileges: it disables the capability. The monitor drops the capability itself as soon
# as the capture is open, and sets no_new_privs then.

FROM rust:1.88-slim-bookworm AS core
# hadolint ignore=DL3008 # any Python will do for maturin
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY requirements-fast.txt .
RUN python3 -m venv /opt/maturin \
    && /opt/maturin/bin/python -m pip install --no-cache-dir --disable-pip-version-check -r requirements-fast.txt
COPY core core
RUN /opt/maturin/bin/maturin build --release --manifest-path core/python/Cargo.toml --out /wheels

FROM python:3.12-slim AS build
WORKDIR /source
COPY . .
COPY --from=core /wheels /wheels
RUN python -m venv --copies /opt/http-monitor \
    && /opt/http-monitor/bin/python -m pip install --no-cache-dir --disable-pip-version-check '.[all]' /wheels/*.whl

FROM python:3.12-slim
COPY --from=build /opt/http-monitor /opt/http-monitor
# hadolint ignore=DL3008 # unpinned, to get security updates of libpcap
RUN apt-get update \
    && apt-get install -y --no-install-recommends libcap2-bin libpcap0.8 \
    && setcap cap_net_raw+ep /opt/http-monitor/bin/python \
    && apt-get purge -y --auto-remove libcap2-bin \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /var/lib/http-monitor --create-home --shell /usr/sbin/nologin monitor
USER 10001
WORKDIR /var/lib/http-monitor
ENV STATE_DIRECTORY=/var/lib/http-monitor
VOLUME /var/lib/http-monitor
ENTRYPOINT ["/opt/http-monitor/bin/exercise"]
CMD ["-i", "any", "-p", "80"]
