// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package graphql_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

func TestValidateDocument(t *testing.T) {
	tests := map[string]struct{ why, document, want string }{
		"Fine": {
			why:      "the query argument, which the published file lacks, is added",
			document: `query($p: ID!) { node(id: $p) { ... on ProjectV2 { items(first: 100, query: "status:Todo") { totalCount } } } }`,
		},
		"NoSuchField": {why: "a field that GitHub does not have", document: `{ viewer { shoeSize } }`, want: `Cannot query field "shoeSize" on type "User"`},
		"NoArgument":  {why: "an argument that is needed", document: `{ user { id } }`, want: `argument "login"`},
		"WrongType":   {why: "a variable of another type", document: `query($p: Int!) { node(id: $p) { id } }`, want: `Variable "$p" of type "Int!"`},
		"NotGraphQL":  {why: "a text that is no document", document: `SELECT 1`, want: `Unexpected Name "SELECT"`},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			err := graphql.ValidateDocument(tc.document)
			if (err == nil) != (tc.want == "") || (err != nil && !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("%s: got %v, want %q", tc.why, err, tc.want)
			}
		})
	}
}

// thing is a User of a small world.
type thing struct {
	name    string
	friends []any
}

// executor knows three fields of User, enough to try the protocol without GitHub's meaning.
func executor(t *testing.T) *graphql.Executor {
	t.Helper()
	e, err := graphql.NewExecutor(graphql.Types{
		"Query": {
			"viewer": {Resolve: func(*graphql.Call) (any, error) {
				return &thing{name: "a", friends: []any{&thing{name: "b"}, graphql.Errorf("NOT_FOUND", "gone"), &thing{name: "c"}}}, nil
			}},
			"node":  {Args: []string{"id"}, Resolve: func(c *graphql.Call) (any, error) { return &thing{name: c.Args.String("id")}, nil }},
			"topic": {Args: []string{"name"}, Resolve: func(*graphql.Call) (any, error) { return nil, errors.New("broken") }},
		},
		"User": {
			"login":     {Resolve: func(c *graphql.Call) (any, error) { return c.Parent.(*thing).name, nil }},
			"name":      {Resolve: func(*graphql.Call) (any, error) { return nil, nil }},
			"url":       {Resolve: func(*graphql.Call) (any, error) { return nil, graphql.Errorf("FORBIDDEN", "no url for you") }},
			"followers": {Args: []string{"first"}, Resolve: func(c *graphql.Call) (any, error) { return c.Parent, nil }},
		},
		"FollowerConnection": {
			"nodes":      {Resolve: func(c *graphql.Call) (any, error) { return c.Parent.(*thing).friends, nil }},
			"totalCount": {Resolve: func(c *graphql.Call) (any, error) { return len(c.Parent.(*thing).friends), nil }},
		},
	}, func(any) string { return "User" })
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func run(t *testing.T, request graphql.Request) string {
	t.Helper()
	e := executor(t)
	operation, errs := e.Prepare(request)
	response := graphql.Response{Errors: errs}
	if len(errs) == 0 {
		response = e.Execute(t.Context(), operation)
	}
	text, err := json.Marshal(response)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestExecute(t *testing.T) {
	tests := map[string]struct {
		why, query string
		variables  map[string]any
		want       string
	}{
		"Aliases": {
			why:   "one field twice under two names, in the document's order",
			query: `{ z: node(id: "1") { ... on User { login } } a: node(id: "2") { __typename } }`,
			want:  `{"data":{"z":{"login":"1"},"a":{"__typename":"User"}}}`,
		},
		"FragmentsMerge": {
			why:   "selections of one key from several fragments are one object; fragments on other types say nothing",
			query: `{ node(id: "1") { ...f ... on Actor { login } ... on Issue { __typename } } } fragment f on User { name followers(first: 1) { totalCount } ... on User { followers(first: 1) { nodes { login } } } }`,
			want:  `{"data":{"node":{"name":null,"followers":{"totalCount":0,"nodes":[]},"login":"1"}}}`,
		},
		"Directives": {
			why:       "what is not included is not there at all",
			query:     `query($yes: Boolean!, $id: ID!) { node(id: $id) { ... on User { login @include(if: $yes) name @skip(if: $yes) } } }`,
			variables: map[string]any{"yes": true, "id": "7"},
			want:      `{"data":{"node":{"login":"7"}}}`,
		},
		"ErrorInAList": {
			why:   "an element that fails is null at its place, beside the others, with its path",
			query: `{ viewer { followers(first: 3) { nodes { login } } } }`,
			want: `{"data":{"viewer":{"followers":{"nodes":[{"login":"b"},null,{"login":"c"}]}}},"errors":[{"type":"NOT_FOUND",` +
				`"path":["viewer","followers","nodes",1],"locations":[{"line":1,"column":34}],"message":"gone"}]}`,
		},
		"NullGoesUp": {
			why:   "a field that must not be null takes with it what is around it, up to where null is allowed",
			query: `{ node(id: "1") { ... on User { login url } } topic(name: "x") { __typename } }`,
			want: `{"data":{"node":null,"topic":null},"errors":[{"type":"FORBIDDEN","path":["node","url"],"locations":[{"line":1,"column":39}],` +
				`"message":"no url for you"},{"path":["topic"],"locations":[{"line":1,"column":47}],"message":"broken"}]}`,
		},
		"NullAtTheRoot": {
			why: "at the top nothing is left", query: `{ viewer { url } }`,
			want: `{"errors":[{"type":"FORBIDDEN","path":["viewer","url"],"locations":[{"line":1,"column":12}],"message":"no url for you"}]}`,
		},
		"UnsupportedField": {
			why: "GitHub has it and the executor has not: an error before anything runs", query: `{ viewer { login bio } }`,
			want: `{"errors":[{"type":"EMULATOR_UNSUPPORTED","locations":[{"line":1,"column":18}],` +
				`"message":"the GitHub emulator does not support User.bio; add a resolver for it"}]}`,
		},
		"UnsupportedArgument": {
			why:   "an argument that would be ignored is an error, too",
			query: `{ viewer { followers(last: 3) { totalCount } } }`,
			want: `{"errors":[{"type":"EMULATOR_UNSUPPORTED","locations":[{"line":1,"column":12}],` +
				`"message":"the GitHub emulator does not support User.followers(last:); add a resolver for it"}]}`,
		},
		"UnsupportedOnInterface": {
			why: "a field of an interface is found out when the type is known", query: `{ node(id: "1") { id } }`,
			want: `{"data":{"node":null},"errors":[{"type":"EMULATOR_UNSUPPORTED","path":["node","id"],"locations":[{"line":1,"column":19}],` +
				`"message":"the GitHub emulator does not support User.id; add a resolver for it"}]}`,
		},
		"Invalid": {
			why: "a document that is not valid does not run", query: `{ viewer { shoeSize } }`,
			want: `{"errors":[{"extensions":{"code":"FieldsOnCorrectType"},"locations":[{"line":1,"column":12}],` +
				`"message":"Cannot query field \"shoeSize\" on type \"User\"."}]}`,
		},
		"Introspection": {
			why: "nothing here needs it", query: `{ __schema { types { name } } }`,
			want: `{"errors":[{"type":"EMULATOR_UNSUPPORTED","locations":[{"line":1,"column":3}],` +
				`"message":"the GitHub emulator does not support Query.__schema; add a resolver for it"},` +
				`{"type":"EMULATOR_UNSUPPORTED","locations":[{"line":1,"column":14}],"message":"the GitHub emulator does not support __Schema.types; add a resolver for it"},` +
				`{"type":"EMULATOR_UNSUPPORTED","locations":[{"line":1,"column":22}],"message":"the GitHub emulator does not support __Type.name; add a resolver for it"}]}`,
		},
		"VariableMissing": {
			why: "a variable that is needed", query: `query($id: ID!) { node(id: $id) { __typename } }`,
			want: `{"errors":[{"message":"variable.id must be defined"}]}`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := run(t, graphql.Request{Query: tc.query, Variables: tc.variables})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

// measured supports the fields of the published examples, so that they can be measured.
func measured(t *testing.T, query string, variables map[string]any) (cost, nodes int, errs []*graphql.Error) {
	t.Helper()
	any1 := func(names ...string) map[string]graphql.Field {
		out := map[string]graphql.Field{}
		for _, name := range names {
			out[name] = graphql.Field{}
		}
		return out
	}
	paged := func(fields map[string]graphql.Field, names ...string) map[string]graphql.Field {
		for _, name := range names {
			fields[name] = graphql.Field{Args: []string{"first", "last"}}
		}
		return fields
	}
	types := graphql.Types{
		"Query":          any1("viewer"),
		"User":           paged(any1("login"), "repositories", "followers"),
		"Repository":     paged(any1("id", "name"), "issues", "pullRequests"),
		"Issue":          paged(any1("id", "title", "bodyHTML"), "labels", "comments"),
		"PullRequest":    paged(any1("title", "id"), "comments"),
		"Label":          any1("id", "name"),
		"IssueComment":   any1("bodyHTML", "id"),
		"RepositoryEdge": any1("node"), "IssueEdge": any1("node"), "LabelEdge": any1("node"), "PullRequestEdge": any1("node"),
		"IssueCommentEdge": any1("node"), "UserEdge": any1("node"),
		"FollowerConnection": any1("edges"),
	}
	for _, name := range []string{"Repository", "Issue", "Label", "PullRequest", "IssueComment"} {
		types[name+"Connection"] = any1("edges")
	}
	e, err := graphql.NewExecutor(types, func(any) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	operation, errs := e.Prepare(graphql.Request{Query: query, Variables: variables})
	if operation == nil {
		return 0, 0, errs
	}
	return operation.Cost, operation.Nodes, errs
}

// TestPublishedExamples replays the two calculations on
// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api.
func TestPublishedExamples(t *testing.T) {
	cost, _, errs := measured(t, `query { viewer { login repositories(first: 100) { edges { node { id
		issues(first: 50) { edges { node { id labels(first: 60) { edges { node { id name } } } } } } } } } } }`, nil)
	if cost != 51 || len(errs) > 0 {
		t.Errorf("1 + 100 + 5,000 requests are 51 points, got %d, %v", cost, errs)
	}
	_, nodes, errs := measured(t, `query($issues: Int!) { viewer { repositories(first: 50) { edges { repository: node { name
		pullRequests(first: 20) { edges { pullRequest: node { title comments(first: 10) { edges { comment: node { bodyHTML } } } } } }
		issues(first: $issues) { edges { issue: node { title bodyHTML comments(first: 10) { edges { comment: node { bodyHTML } } } } } } } } }
		followers(first: 10) { edges { follower: node { login } } } } }`, map[string]any{"issues": json.Number("20")})
	if nodes != 22_060 || len(errs) > 0 {
		t.Errorf("the second example asks for 22,060 nodes, got %d, %v", nodes, errs)
	}
}

func TestLimitsOfPages(t *testing.T) {
	tests := map[string]struct{ why, query, want string }{
		"TooMany": {
			why: "101 are refused", query: `{ viewer { followers(first: 101) { edges { cursor: __typename } } } }`,
			want: "EXCESSIVE_PAGINATION Requesting 101 records on the `followers` connection exceeds the `first` limit of 100 records.",
		},
		"None": {
			why: "a connection without a bound is refused", query: `{ viewer { followers { edges { cursor: __typename } } } }`,
			want: "MISSING_PAGINATION_BOUNDARIES You must provide a `first` or `last` value to properly paginate the `followers` connection.",
		},
		"Nodes": {
			why: "and so is a call for more than 500,000 nodes",
			query: `{ viewer { repositories(first: 100) { edges { node { issues(first: 100) { edges { node {
				comments(first: 100) { edges { node { id } } } } } } } } } } }`,
			want: "MAX_NODE_LIMIT_EXCEEDED This query requests up to 1010100 possible nodes which exceeds the maximum limit of 500000.",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			_, _, errs := measured(t, tc.query, nil)
			if len(errs) != 1 || errs[0].Type+" "+errs[0].Message != tc.want {
				t.Errorf("%s: got %v", tc.why, errs)
			}
		})
	}
}

func TestNames(t *testing.T) {
	for document, want := range map[string]string{
		`query Cards { viewer { login } }`: "query Cards",
		`{ viewer { login } }`:             "query",
		`mutation($i: AddCommentInput!) { addComment(input: $i) { clientMutationId } }`: "mutation addComment",
		`not a document`: "invalid",
	} {
		if got := graphql.NameOf(graphql.Request{Query: document}); got != want {
			t.Errorf("%s is called %q, want %q", document, got, want)
		}
	}
}
