// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

const (
	docsGraphQL = "https://docs.github.com/graphql"
	// maxDocument bounds the body of a GraphQL call, in bytes.
	maxDocument = 4 << 20
)

func readGraphQL(r *http.Request) (graphql.Request, error) {
	decoder := json.NewDecoder(io.LimitReader(r.Body, maxDocument))
	decoder.UseNumber()
	var request graphql.Request
	err := decoder.Decode(&request)
	return request, err //nolint:wrapcheck // only asked whether it is nil
}

func graphQLOperation(r *http.Request) string {
	request, err := readGraphQL(r)
	if err != nil {
		return "invalid"
	}
	return graphql.NameOf(request)
}

// serveGraphQL goes through GitHub's checks in their order: who, what, how much.
func (s *Server) serveGraphQL(w http.ResponseWriter, r *http.Request) {
	token, err := s.authenticate(r)
	if err != nil {
		message := err.Error()
		if errors.Is(err, errNoCredentials) {
			message = "This endpoint requires you to be authenticated."
		}
		writeMessage(w, http.StatusUnauthorized, message, docsGraphQL)
		return
	}
	if r.Method != http.MethodPost {
		writeMessage(w, http.StatusNotFound, "Not Found", docsGraphQL)
		return
	}
	request, err := readGraphQL(r)
	if err != nil {
		writeMessage(w, http.StatusBadRequest, "Problems parsing JSON", docsGraphQL)
		return
	}
	if strings.TrimSpace(request.Query) == "" {
		writeJSON(w, http.StatusOK, graphql.Response{Errors: []*graphql.Error{{Message: "A query attribute must be specified and must be a string."}}})
		return
	}
	operation, errs := s.graph.Prepare(request)
	cost, points := 1, 1
	if operation != nil {
		cost = operation.Cost
		if operation.Mutation() {
			points = 5
		}
	}
	budget := s.limiter.take(token, resourceGraphQL, cost, points)
	budget.setHeaders(w.Header())
	switch {
	case budget.exhausted:
		writeGraphQLRateLimit(w, token)
	case budget.secondary:
		writeSecondaryLimit(w)
	case len(errs) > 0:
		writeJSON(w, http.StatusOK, graphql.Response{Errors: errs})
	default:
		if errs := missingScopes(token, operation); len(errs) > 0 {
			writeJSON(w, http.StatusOK, graphql.Response{Errors: errs})
			return
		}
		writeJSON(w, http.StatusOK, s.execute(r.Context(), token, operation, budget))
	}
}

func (s *Server) execute(ctx context.Context, token *token, operation *graphql.Operation, budget budget) graphql.Response {
	if operation.Mutation() {
		s.mu.Lock()
		defer s.mu.Unlock()
	} else {
		s.mu.RLock()
		defer s.mu.RUnlock()
	}
	v := &viewer{server: s, token: token, url: s.url, budget: budget}
	response := s.graph.Execute(context.WithValue(ctx, viewerKey{}, v), operation)
	// The answer is encoded after the lock is gone: it must not hold what others change.
	data, err := json.Marshal(response.Data)
	if err != nil {
		return graphql.Response{Errors: []*graphql.Error{{Message: "encoding the answer: " + err.Error()}}}
	}
	if response.Data != nil {
		response.Data = json.RawMessage(data)
	}
	return response
}

// missingScopes is the answer to a classic token without a scope: before anything runs, for each field, and without data.
// (The form is that of https://github.com/github/docs/issues/19712.)
func missingScopes(token *token, operation *graphql.Operation) []*graphql.Error {
	if !token.rights.Classic {
		return nil
	}
	var errs []*graphql.Error
	operation.EachField(func(typeName, field string, where []graphql.Location) {
		var scope string
		switch {
		case field == "updateProjectV2ItemFieldValue" && token.rights.Projects < Write:
			scope = "project"
		case (field == "projectV2" || strings.HasPrefix(typeName, "ProjectV2")) && token.rights.Projects < Read:
			scope = "read:project"
		default:
			return
		}
		errs = append(errs, &graphql.Error{Type: "INSUFFICIENT_SCOPES", Locations: where, Message: fmt.Sprintf(
			"Your token has not been granted the required scopes to execute this query. The '%s' field requires one of "+
				"the following scopes: ['%s'], but your token has only been granted the: ['repo'] scopes. Please modify "+
				"your token's scopes at: https://github.com/settings/tokens.", field, scope)})
	})
	return errs
}

// writeGraphQLRateLimit is the primary limit: "the response status will still be 200, but you will receive an error
// message, and the value of the x-ratelimit-remaining header will be 0"
// (https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api).
func writeGraphQLRateLimit(w http.ResponseWriter, token *token) {
	writeJSON(w, http.StatusOK, graphql.Response{Errors: []*graphql.Error{graphql.Errorf("RATE_LIMITED",
		"API rate limit exceeded for user ID %d.", token.user.databaseID)}})
}

// writeInjectedError gives a fault of package faults GitHub's form. A status of 200 is an entry in GraphQL's errors, of
// the type that the fault's code names; anything else is a message with the status.
func writeInjectedError(w http.ResponseWriter, r *http.Request, status int, code, message string) {
	if message == "" {
		message = http.StatusText(status)
	}
	if status == http.StatusOK && isGraphQL(r.URL.Path) {
		writeJSON(w, status, graphql.Response{Errors: []*graphql.Error{graphql.Errorf(code, "%s", message)}})
		return
	}
	writeMessage(w, status, message, docsREST)
}
