# The router's image. Functions bring their own images, so there is no Python in it: for Python `process` functions,
# begin an image of your own with `FROM busbar` and add Python and the handlers.

# A tag may be given another image tomorrow. --build-arg NODE_IMAGE=node@sha256:… builds on exactly one.
ARG NODE_IMAGE=node:24-slim

FROM ${NODE_IMAGE} AS source
WORKDIR /app
COPY package.json package-lock.json ./

# Install scripts are not run: the only one fetches a Node.js for machines that have another.
FROM source AS build
COPY console/package.json console/
RUN npm ci --ignore-scripts
COPY tsconfig.json rolldown.config.ts ./
COPY src src
COPY console console
RUN npm run build

FROM source AS dependencies
RUN npm ci --ignore-scripts --omit=dev && npm run -s sbom > sbom.cdx.json

FROM ${NODE_IMAGE}
WORKDIR /app
# The embedded store is the only thing that is ever written. With RabbitMQ the root file system may be read-only.
RUN install -d -o node -g node /data
COPY --from=dependencies /app/package.json /app/sbom.cdx.json ./
# dist has the packages' code in it. Here are their licences, and what scanners read.
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY runtimes runtimes
COPY LICENSE ./

ENV NODE_ENV=production \
    BUSBAR_HOST=0.0.0.0 \
    BUSBAR_ALLOW_PROCESS=false \
    BUSBAR_CONFIG=/config \
    BUSBAR_DATA=/data

# The image's user `node`, by number: Kubernetes cannot tell from a name that it is not root.
USER 1000:1000

# Events, admin, Runtime API, and the console where it runs. Who reaches 9001 can take a function's events: do not publish it.
EXPOSE 8080 9090 9001 8081 9091

HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "process.env.NODE_TLS_REJECT_UNAUTHORIZED = 0; fetch(`http${process.env.BUSBAR_TLS_CERT_FILE ? 's' : ''}://127.0.0.1:${process.env.BUSBAR_ADMIN_PORT || 9090}/livez`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
