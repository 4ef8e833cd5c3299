// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
)

// nameKube names the requests to the API server that belong to a step: reads past the cache and writes. Discovery,
// lists and watches are how the manager comes up, and the election has a test of its own.
func nameKube(r *http.Request, _ []byte) string {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	i := 0
	for i < len(parts) && parts[i] != "namespaces" {
		i++
	}
	if i+2 >= len(parts) || r.URL.Query().Has("watch") {
		return ""
	}
	resource := parts[i+2]
	rest := parts[i+3:]
	if resource == "leases" || (r.Method == http.MethodGet && len(rest) == 0) {
		return ""
	}
	if len(rest) > 1 {
		resource += "/" + rest[1]
	}
	return "kube " + r.Method + " " + resource
}

// nameAWS names the requests to AWS by service and operation, and those to the lock table by what they do there.
func nameAWS(r *http.Request, body []byte) string {
	service := "aws"
	if _, scope, ok := strings.Cut(r.Header.Get("Authorization"), "Credential="); ok {
		if fields := strings.Split(scope, "/"); len(fields) > 3 {
			service = fields[3]
		}
	}
	if service == "s3" {
		return "s3 " + s3.Operation(r)
	}
	operation := ""
	if _, name, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		operation = name
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		operation = form.Get("Action")
	}
	if i := strings.LastIndexByte(operation, '.'); i >= 0 {
		operation = operation[i+1:]
	}
	switch operation {
	case "TransactWriteItems":
		return "lock " + nameTransaction(body)
	case "BatchGetItem", "GetItem":
		return "lock read " + nameKeys(body)
	}
	return service + " " + operation
}

// nameTransaction is what a transaction does to its first row; a heartbeat says which stage the build is at.
func nameTransaction(body []byte) string {
	acts, _, err := parseTransaction(body)
	if err != nil || len(acts) == 0 {
		return "unknown"
	}
	if acts[0].stage != "" {
		return string(acts[0].kind) + " " + acts[0].stage
	}
	return string(acts[0].kind)
}

// nameKeys is the kind of the rows that are read.
func nameKeys(body []byte) string {
	for _, kind := range []string{"slot", "branch", "card"} {
		if strings.Contains(string(body), `"`+kind+`#`) {
			return kind
		}
	}
	return "other"
}

var (
	graphQLName = regexp.MustCompile(`^\s*(query|mutation)\b[^{]*\{\s*(?:\w+\s*:\s*)?(\w+)`)
	graphQLBare = regexp.MustCompile(`^\s*\{\s*(?:\w+\s*:\s*)?(\w+)`)
	numbers     = regexp.MustCompile(`/(?:[0-9]+|[0-9a-f]{40})\b`)
)

// nameGitHub names a GraphQL request by its first field, and a REST request by its path.
func nameGitHub(r *http.Request, body []byte) string {
	if strings.HasSuffix(r.URL.Path, "/graphql") {
		var request struct {
			Query string `json:"query"`
		}
		if err := json.Unmarshal(body, &request); err != nil {
			return "github graphql"
		}
		if m := graphQLName.FindStringSubmatch(request.Query); m != nil {
			return "github " + m[1] + " " + m[2]
		}
		if m := graphQLBare.FindStringSubmatch(request.Query); m != nil {
			return "github query " + m[1]
		}
		return "github graphql"
	}
	return "github " + r.Method + " " + numbers.ReplaceAllString(strings.TrimPrefix(r.URL.Path, "/api/v3"), "/N")
}
