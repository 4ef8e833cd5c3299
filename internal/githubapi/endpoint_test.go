// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func TestParseEndpoint(t *testing.T) {
	type where struct{ REST, GraphQL, Web, Host string }
	cases := map[string]struct {
		why     string
		url     string
		allowed []string
		want    where
		code    fault.Code
	}{
		"Default": {
			why:  "Without an address it is github.com.",
			want: where{"https://api.github.com", "https://api.github.com/graphql", "https://github.com", "github.com"},
		},
		"DefaultWritten": {
			why:  "GitHub's own address needs no entry, however it is written.",
			url:  "https://API.github.com:443/",
			want: where{"https://api.github.com", "https://api.github.com/graphql", "https://github.com", "github.com"},
		},
		"Enterprise": {
			why:     "An Enterprise Server has GraphQL beside v3 and git at its root.",
			url:     "https://ghe.example.com/api/v3/",
			allowed: []string{"https://ghe.example.com"},
			want:    where{"https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql", "https://ghe.example.com", "ghe.example.com"},
		},
		"EnterpriseAllowedByName": {
			why:     "An entry without a scheme means https.",
			url:     "https://ghe.example.com/api/v3",
			allowed: []string{" ghe.example.com "},
			want:    where{"https://ghe.example.com/api/v3", "https://ghe.example.com/api/graphql", "https://ghe.example.com", "ghe.example.com"},
		},
		"DataResidency": {
			why:     "Enterprise Cloud with data residency has github.com's layout under its own name.",
			url:     "https://api.octocorp.ghe.com",
			allowed: []string{"https://api.octocorp.ghe.com"},
			want:    where{"https://api.octocorp.ghe.com", "https://api.octocorp.ghe.com/graphql", "https://octocorp.ghe.com", "octocorp.ghe.com"},
		},
		"LocalServer": {
			why:     "A server on this machine keeps its port everywhere.",
			url:     "http://127.0.0.1:8081/api/v3",
			allowed: []string{"http://127.0.0.1:8081"},
			want:    where{"http://127.0.0.1:8081/api/v3", "http://127.0.0.1:8081/api/graphql", "http://127.0.0.1:8081", "127.0.0.1:8081"},
		},
		"NotAllowed": {
			why:  "Otherwise whoever may write a WorkSource could send the token anywhere.",
			url:  "https://evil.test/api/v3",
			code: fault.CodeEndpointNotAllowed,
		},
		"AllowedPrefixIsNotEnough": {
			why:     "A prefix match would let a longer host name in.",
			url:     "https://ghe.example.com.evil.test/api/v3",
			allowed: []string{"https://ghe.example.com"},
			code:    fault.CodeEndpointNotAllowed,
		},
		"OtherPort": {
			why:     "Another port is another server.",
			url:     "https://ghe.example.com:8443/api/v3",
			allowed: []string{"https://ghe.example.com"},
			code:    fault.CodeEndpointNotAllowed,
		},
		"PlainHTTPNotMeant": {
			why:     "A host that is allowed over https is not thereby allowed in the clear.",
			url:     "http://ghe.example.com/api/v3",
			allowed: []string{"https://ghe.example.com", "ghe.example.com"},
			code:    fault.CodeEndpointNotAllowed,
		},
		"PlainHTTPGitHub": {
			why:  "github.com in the clear is not github.com.",
			url:  "http://api.github.com",
			code: fault.CodeEndpointNotAllowed,
		},
		"User":   {why: "A password in the address would end up in messages.", url: "https://a:b@api.github.com", code: fault.CodeInvalidConfiguration},
		"Query":  {why: "A query would be lost with the first path that is added.", url: "https://api.github.com?x=1", code: fault.CodeInvalidConfiguration},
		"Scheme": {why: "Only http is spoken.", url: "file:///etc/passwd", code: fault.CodeInvalidConfiguration},
		"NoURL":  {why: "A host alone has no scheme.", url: "ghe.example.com", code: fault.CodeInvalidConfiguration},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e, err := parseEndpoint(c.url, c.allowed)
			if got := fault.CodeOf(err); got != c.code {
				t.Fatalf("%s\ncode %q, want %q (%v)", c.why, got, c.code, err)
			}
			if err != nil {
				if !fault.IsTerminal(err) {
					t.Errorf("%s\n%v is not terminal", c.why, err)
				}
				return
			}
			if diff := cmp.Diff(c.want, where{e.rest, e.graphQL, e.web, e.host}); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
		})
	}
}
