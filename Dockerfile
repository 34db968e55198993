FROM node:22.23.3-bookworm-slim AS build
WORKDIR /app
# Copied before the sources, so that a change to the sources does not download the dependencies again.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts scripts
COPY src src
COPY simulator simulator
COPY bench bench
# Temporal's client contains native libraries for all platforms. This removes 110 MB of libraries for other platforms.
RUN npm run build && npm prune --omit=dev --ignore-scripts \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$(uname -m)-unknown-linux-gnu" \
    -exec rm -r {} +

FROM node:22.23.3-bookworm-slim
# Temporal's native client uses the certificate authorities of the system, and the slim image has none.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production ROLLCALL_LOG_DIR=/var/log/rollcall MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=32768
WORKDIR /app
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY scripts/healthcheck.mjs scripts/
COPY docker/rollcall /usr/local/bin/
# A new volume gets the owner of the folder on which it is mounted.
RUN chmod 755 /usr/local/bin/rollcall && install -d -o node -g node "$ROLLCALL_LOG_DIR" /var/lib/rollcall /var/lib/rollcall/reports
VOLUME /var/log/rollcall /var/lib/rollcall
USER node
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s --retries=3 CMD ["node", "scripts/healthcheck.mjs"]
CMD ["node", "--enable-source-maps", "--single-threaded-gc", "--no-concurrent-recompilation", "--max-semi-space-size=4", "dist/src/worker.js"]
