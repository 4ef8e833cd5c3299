# syntax=docker/dockerfile:1
# Three images from one build: `manager` runs in the cluster, `kiro-worker` is the image of the CodeBuild project, and `demo` is for
# charts/kiro-worker-demo.
#   docker build --target manager -t … .
#   docker build --target kiro-worker -t … .

FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
WORKDIR /src
# Dependencies change rarely: this layer is kept as long as they do not.
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY api api
COPY cmd cmd
COPY controllers controllers
COPY internal internal
ARG TARGETOS
ARG TARGETARCH
ARG VERSION=dev
ENV GOCACHE=/cache/go-build
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/cache/go-build \
    CGO_ENABLED=0 GOOS=$TARGETOS GOARCH=$TARGETARCH \
    go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o /out/ ./cmd/manager ./cmd/kiro-worker ./cmd/kiro-local

FROM gcr.io/distroless/static:nonroot AS manager
COPY --from=build /out/manager /manager
USER 65532:65532
ENTRYPOINT ["/manager"]

# What a build needs: git, Node.js, the worker. The agent is not ours to ship: derive an image that adds kiro-cli, or
# install it in the project's own image.
FROM node:22-bookworm-slim AS kiro-worker
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates git procps \
    && rm -rf /var/lib/apt/lists/* \
    # Agent and tests run as this user, without the worker's credentials, and git on their checkout as the second one,
    # with neither's rights.
    && useradd --create-home --uid 10001 kiro-agent \
    && useradd --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin --uid 10002 kiro-agent-git
COPY --from=build /out/kiro-worker /usr/local/bin/kiro-worker
CMD ["kiro-worker", "version"]

# The emulators of GitHub and AWS, builds included, with what the sample repository's tests need: nothing is fetched in the cluster.
FROM kiro-worker AS demo
COPY --from=build /out/kiro-local /usr/local/bin/kiro-local
COPY infra/templates/test /usr/share/kiro-local/infra/templates/test
ENV HOME=/home/node XDG_CACHE_HOME=/home/node/.cache
USER 1000:1000
WORKDIR /home/node/sample
COPY --chown=1000:1000 internal/local/demo/sample/repository/package.json internal/local/demo/sample/repository/package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund --cache "$XDG_CACHE_HOME/kiro-worker/npm" && rm -rf node_modules
WORKDIR /home/node
ENTRYPOINT ["kiro-local"]
