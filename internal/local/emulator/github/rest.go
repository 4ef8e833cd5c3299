// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	docsREST      = "https://docs.github.com/rest"
	docsRateLimit = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"
	// maxRESTBody bounds the body of a REST call, in bytes.
	maxRESTBody = 1 << 20
)

// restRoute is one call of the REST API. In its pattern {name} is one segment and {name...} for the rest.
type restRoute struct {
	method, pattern string
	handle          func(*restCall) (status int, body any, err error)
	// free calls do not count against the rate limit.
	free bool
}

// restCall is a request that was let in. The server's lock is held while it is handled.
type restCall struct {
	*viewer
	request *http.Request
	header  http.Header // of the answer
	params  map[string]string
}

// restError is an answer that is not a success.
type restError struct {
	status  int
	message string
	details []map[string]any
}

func (e *restError) Error() string { return e.message }

func errNotFound() error { return &restError{status: http.StatusNotFound, message: "Not Found"} }

// errInvalid is what GitHub says of a value that it does not take
// (https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#validation-failed).
func errInvalid(resource, field, message string) error {
	return &restError{status: http.StatusUnprocessableEntity, message: "Validation Failed", details: []map[string]any{
		{"resource": resource, "code": "custom", "field": field, "message": message}}}
}

func (s *Server) restRoutes() []restRoute {
	return []restRoute{
		{method: "GET", pattern: "/rate_limit", handle: (*restCall).getRateLimit, free: true},
		{method: "GET", pattern: "/user", handle: (*restCall).getUser},
		{method: "POST", pattern: "/orgs/{org}/repos", handle: (*restCall).postRepository},
		{method: "GET", pattern: "/repos/{owner}/{repo}", handle: (*restCall).getRepository},
		{method: "DELETE", pattern: "/repos/{owner}/{repo}", handle: (*restCall).deleteRepository},
		{method: "POST", pattern: "/repos/{owner}/{repo}/git/refs", handle: (*restCall).postRef},
		{method: "PUT", pattern: "/repos/{owner}/{repo}/contents/{path...}", handle: (*restCall).putContents},
		{method: "GET", pattern: "/repos/{owner}/{repo}/branches/{branch...}", handle: (*restCall).getBranch},
		{method: "GET", pattern: "/repos/{owner}/{repo}/rules/branches/{branch...}", handle: (*restCall).getBranchRules},
		{method: "GET", pattern: "/repos/{owner}/{repo}/rulesets/{id}", handle: (*restCall).getRuleset},
		{method: "GET", pattern: "/repos/{owner}/{repo}/pulls", handle: (*restCall).listPulls},
		{method: "POST", pattern: "/repos/{owner}/{repo}/pulls", handle: (*restCall).postPull},
		{method: "GET", pattern: "/repos/{owner}/{repo}/pulls/{number}", handle: (*restCall).getPull},
		{method: "PATCH", pattern: "/repos/{owner}/{repo}/pulls/{number}", handle: (*restCall).patchPull},
		{method: "POST", pattern: "/repos/{owner}/{repo}/pulls/{number}/comments", handle: (*restCall).postReviewComment},
		{method: "GET", pattern: "/repos/{owner}/{repo}/collaborators/{login}/permission", handle: (*restCall).permission},
		{method: "GET", pattern: "/repos/{owner}/{repo}/issues/comments/{id}", handle: (*restCall).getComment},
		{method: "PATCH", pattern: "/repos/{owner}/{repo}/issues/comments/{id}", handle: (*restCall).patchComment},
		{method: "GET", pattern: "/repos/{owner}/{repo}/issues/{number}/comments", handle: (*restCall).listComments},
		{method: "POST", pattern: "/repos/{owner}/{repo}/issues/{number}/comments", handle: (*restCall).postComment},
		{method: "POST", pattern: "/repos/{owner}/{repo}/statuses/{sha}", handle: (*restCall).postStatus},
		{method: "GET", pattern: "/repos/{owner}/{repo}/commits/{ref}/status", handle: (*restCall).getCombinedStatus},
		{method: "GET", pattern: "/repos/{owner}/{repo}/commits/{ref}/statuses", handle: (*restCall).listStatuses},
		{method: "POST", pattern: "/repos/{owner}/{repo}/check-runs", handle: (*restCall).postCheckRun},
		{method: "PATCH", pattern: "/repos/{owner}/{repo}/check-runs/{id}", handle: (*restCall).patchCheckRun},
		{method: "GET", pattern: "/repos/{owner}/{repo}/commits/{ref}/check-runs", handle: (*restCall).listCheckRuns},
	}
}

// restPath takes GitHub Enterprise's prefix away.
func restPath(r *http.Request) string {
	path := r.URL.EscapedPath()
	if rest, ok := strings.CutPrefix(path, "/api/v3"); ok && strings.HasPrefix(rest, "/") {
		return rest
	}
	return path
}

func (s *Server) findRoute(r *http.Request) (restRoute, map[string]string, bool) {
	for _, route := range s.rest {
		if route.method == r.Method {
			if params, ok := match(route.pattern, restPath(r)); ok {
				return route, params, true
			}
		}
	}
	return restRoute{}, nil, false
}

func match(pattern, path string) (map[string]string, bool) {
	params := map[string]string{}
	wanted, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	for i, segment := range wanted {
		if i >= len(got) {
			return nil, false
		}
		name, isParam := strings.CutPrefix(segment, "{")
		if !isParam {
			if segment != got[i] {
				return nil, false
			}
			continue
		}
		value := got[i]
		name = strings.TrimSuffix(name, "}")
		name, isRest := strings.CutSuffix(name, "...")
		if isRest {
			value, got = strings.Join(got[i:], "/"), got[:i+1]
		}
		decoded, err := url.PathUnescape(value)
		if err != nil || decoded == "" {
			return nil, false
		}
		params[name] = decoded
	}
	return params, len(wanted) == len(got)
}

// restOperation names a call by its route, so that a rule or a count means the same for every repository.
func (s *Server) restOperation(r *http.Request) string {
	if route, _, found := s.findRoute(r); found {
		return route.method + " " + route.pattern
	}
	if r.Method == http.MethodPost && isAccessTokens(r) {
		return "POST /app/installations/{id}/access_tokens"
	}
	return "unknown"
}

func (s *Server) serveREST(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-GitHub-Media-Type", "github.v3; format=json")
	if r.Method == http.MethodPost && isAccessTokens(r) {
		s.serveAccessTokens(w, r) // an App signs with its key and not with a token
		return
	}
	token, err := s.authenticate(r)
	if err != nil {
		writeMessage(w, http.StatusUnauthorized, err.Error(), docsREST)
		return
	}
	route, params, found := s.findRoute(r)
	if !found {
		writeMessage(w, http.StatusNotFound, "Not Found", docsREST)
		return
	}
	cost, points := 1, 1
	if r.Method != http.MethodGet {
		points = 5
	}
	if route.free {
		cost, points = 0, 0
	}
	budget := s.limiter.take(token, resourceCore, cost, points)
	budget.setHeaders(w.Header())
	switch {
	case budget.exhausted:
		writeMessage(w, http.StatusForbidden, fmt.Sprintf("API rate limit exceeded for user ID %d.", token.user.databaseID),
			docsRateLimit+"#about-primary-rate-limits")
		return
	case budget.secondary:
		writeSecondaryLimit(w)
		return
	}
	status, body := s.handle(route, &restCall{
		viewer:  &viewer{server: s, token: token, url: s.URL(), budget: budget},
		request: r, header: w.Header(), params: params,
	})
	s.writeREST(w, r, token, status, body)
}

func (s *Server) handle(route restRoute, call *restCall) (status int, body []byte) {
	if route.method == http.MethodGet {
		s.mu.RLock()
		defer s.mu.RUnlock()
	} else {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	status, answer, err := route.handle(call)
	var refused *restError
	switch {
	case errors.As(err, &refused):
		status = refused.status
		m := message(status, refused.message, docsREST)
		if refused.details != nil {
			m["errors"] = refused.details
		}
		answer = m
	case err != nil:
		status, answer = http.StatusInternalServerError, message(http.StatusInternalServerError, err.Error(), docsREST)
	}
	// Encoded under the lock: what others change later must not show in this answer.
	body, err = json.Marshal(answer)
	if err != nil {
		return http.StatusInternalServerError, []byte(`{"message":"the answer cannot be encoded"}`)
	}
	return status, body
}

// writeREST answers, or says that nothing changed, which costs nothing
// (https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate).
func (s *Server) writeREST(w http.ResponseWriter, r *http.Request, token *token, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if r.Method == http.MethodGet && status == http.StatusOK {
		sum := sha256.Sum256(body)
		etag := `W/"` + hex.EncodeToString(sum[:]) + `"`
		w.Header().Set("ETag", etag)
		if strings.TrimPrefix(r.Header.Get("If-None-Match"), "W/") == strings.TrimPrefix(etag, "W/") {
			s.limiter.refund(token, resourceCore).setHeaders(w.Header())
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	if status == http.StatusNoContent {
		w.Header().Del("Content-Type")
		w.WriteHeader(status)
		return
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// decode reads a JSON body.
func (c *restCall) decode(into any) error {
	if err := json.NewDecoder(io.LimitReader(c.request.Body, maxRESTBody)).Decode(into); err != nil {
		return &restError{status: http.StatusBadRequest, message: "Problems parsing JSON"}
	}
	return nil
}

func message(status int, text, docs string) map[string]any {
	return map[string]any{"message": text, "documentation_url": docs, "status": strconv.Itoa(status)}
}

func writeMessage(w http.ResponseWriter, status int, text, docs string) {
	writeJSON(w, status, message(status, text, docs))
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) //nolint:errchkjson // a client that is gone gets no answer
}

// writeSecondaryLimit is the body that GitHub publishes for it
// (https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api#rate-limit-errors).
func writeSecondaryLimit(w http.ResponseWriter) {
	writeMessage(w, http.StatusForbidden, "You have exceeded a secondary rate limit. Please wait a few minutes before you "+
		"try again.", docsRateLimit+"#about-secondary-rate-limits")
}
