// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// protocol is the one that is spoken.
const protocol = "http/protobuf"

// Variables of OpenTelemetry that are looked at here; the SDK looks at the others itself, such as OTEL_EXPORTER_OTLP_HEADERS.
// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
var (
	endpoints = []string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"}
	protocols = []string{"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"}
	// switches turn tracing off whatever the others say, by their value.
	switches = map[string]string{"OTEL_SDK_DISABLED": "true", "OTEL_TRACES_EXPORTER": "none"}
)

// headers hold what lets in to the receiver, such as a token.
var headers = []string{"OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_TRACES_HEADERS"}

// Secrets are what of the variables nobody must see: each header's value, and all of them as they are written.
func Secrets(lookup func(string) (string, bool)) []string {
	var secrets []string
	for _, name := range headers {
		all, ok := lookup(name)
		if !ok || all == "" {
			continue
		}
		secrets = append(secrets, all)
		for header := range strings.SplitSeq(all, ",") {
			_, value, _ := strings.Cut(header, "=")
			if plain, err := url.PathUnescape(strings.TrimSpace(value)); err == nil && plain != "" {
				secrets = append(secrets, plain, plain[strings.LastIndex(plain, " ")+1:])
			}
		}
	}
	return secrets
}

// dial makes what sends, and what it says of this program; nil where nobody asked for traces. It calls nobody.
func dial(
	ctx context.Context, service, version string, lookup func(string) (string, bool), options ...otlptracehttp.Option,
) (sdktrace.SpanExporter, *resource.Resource, error) {
	if first(endpoints, lookup) == "" {
		return nil, nil, nil
	}
	for name, off := range switches {
		if value, ok := lookup(name); ok && strings.EqualFold(value, off) {
			return nil, nil, nil
		}
	}
	if asked := first(protocols, lookup); asked != "" && asked != protocol {
		return nil, nil, fmt.Errorf("starting to send traces: OTEL_EXPORTER_OTLP_PROTOCOL is %q, and only %s is spoken: set that, and the receiver's port for it, 4318 by default",
			asked, protocol)
	}
	sender, err := otlptracehttp.New(ctx, options...)
	if err != nil {
		return nil, nil, fmt.Errorf("starting to send traces: %w", err)
	}
	described, err := resource.New(ctx, resource.WithAttributes(
		attribute.String("service.name", service), attribute.String("service.version", version)), resource.WithFromEnv())
	if err != nil {
		return nil, nil, fmt.Errorf("describing the traces' resource: %w", err)
	}
	return sender, described, nil
}

func first(names []string, lookup func(string) (string, bool)) string {
	for _, name := range names {
		if value, ok := lookup(name); ok && value != "" {
			return value
		}
	}
	return ""
}
