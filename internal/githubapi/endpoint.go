// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// DefaultAPIURL is GitHub's own REST address.
const DefaultAPIURL = "https://api.github.com"

// enterprisePath is where a GitHub Enterprise Server has its REST interface.
const enterprisePath = "/api/v3"

// endpoint is what one REST address says about where everything else is.
type endpoint struct {
	rest    string // without a trailing slash
	graphQL string
	web     string // where people and git go, without a trailing slash
	host    string // web's host, with the port if there is one
	origin  string // scheme and host that the token may be sent to
}

// parseEndpoint checks apiURL against the allow list and derives the other addresses. Without the list, a
// WorkSource could have the token sent anywhere.
func parseEndpoint(apiURL string, allowed []string) (endpoint, error) {
	if apiURL == "" {
		apiURL = DefaultAPIURL
	}
	parsed, err := url.Parse(apiURL)
	if err != nil || parsed.Host == "" || (parsed.Scheme != "https" && parsed.Scheme != "http") {
		return endpoint{}, fault.NewTerminal(fault.CodeInvalidConfiguration,
			fmt.Errorf("the GitHub address %q is not an https URL such as %s or https://HOST%s", fault.Clean(apiURL), DefaultAPIURL, enterprisePath))
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		return endpoint{}, fault.NewTerminal(fault.CodeInvalidConfiguration,
			fmt.Errorf("the GitHub address of host %s must have no user, query or fragment: take them out", parsed.Host))
	}
	origin := originOf(parsed)
	if origin != DefaultAPIURL && !originAllowed(origin, allowed) {
		return endpoint{}, fault.NewTerminal(fault.CodeEndpointNotAllowed,
			fmt.Errorf("the GitHub address %s is not allowed: add it to the manager's --allowed-endpoints, or take it out", origin))
	}
	return derive(parsed, origin), nil
}

// derive follows GitHub's three layouts: api.HOST for github.com and for Enterprise Cloud with data residency,
// HOST/api/v3 beside HOST/api/graphql for Enterprise Server. Any other address is taken as the root of a
// server that has both.
func derive(parsed *url.URL, origin string) endpoint {
	path := strings.TrimRight(parsed.Path, "/")
	_, host, _ := strings.Cut(origin, "://")
	e := endpoint{rest: origin + path, origin: origin, host: host, web: origin}
	switch {
	case strings.HasSuffix(path, enterprisePath):
		before := strings.TrimSuffix(path, enterprisePath)
		e.graphQL = origin + before + "/api/graphql"
		e.web = origin + before
	case host == "api.github.com" || (strings.HasPrefix(host, "api.") && strings.HasSuffix(host, ".ghe.com")):
		e.graphQL = origin + path + "/graphql"
		e.host = strings.TrimPrefix(host, "api.")
		e.web = parsed.Scheme + "://" + e.host
	default:
		e.graphQL = origin + path + "/graphql"
		e.web = origin + path
	}
	return e
}

// originAllowed compares scheme, host and port and nothing less: with a prefix match,
// "https://ghe.example.com" would allow "https://ghe.example.com.evil.test". An entry without a scheme is
// for https, so plain http needs to be written out.
func originAllowed(origin string, allowed []string) bool {
	for _, entry := range allowed {
		entry = strings.TrimSpace(entry)
		if entry == "" {
			continue
		}
		if !strings.Contains(entry, "://") {
			entry = "https://" + entry
		}
		parsed, err := url.Parse(entry)
		if err == nil && parsed.Host != "" && originOf(parsed) == origin {
			return true
		}
	}
	return false
}

// originOf is a URL's scheme and host, with a port only where it is not the scheme's own.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	switch u.Scheme {
	case "https":
		host = strings.TrimSuffix(host, ":443")
	case "http":
		host = strings.TrimSuffix(host, ":80")
	}
	return strings.ToLower(u.Scheme) + "://" + host
}
