// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/forge"
)

// The parts of a repository's answer. githubv4 makes the document of these types.
type (
	nameAnswer struct{ Name string }

	refAnswer struct {
		Target               *struct{ OID string }
		BranchProtectionRule *struct{ Pattern string }
		RefUpdateRule        *struct{ Pattern string }
	}

	// blobAnswer has no size if there is something else than a file.
	blobAnswer struct {
		Blob struct{ ByteSize *int64 } `graphql:"... on Blob"`
	}

	textAnswer struct {
		Blob struct {
			ByteSize *int64
			Text     string // empty for a binary file
		} `graphql:"... on Blob"`
	}

	pullAnswer struct {
		Number         int64
		URL            string
		State          string
		HeadRefName    string
		HeadRepository *struct {
			DatabaseID    int64 `graphql:"databaseId"`
			NameWithOwner string
		}
	}

	pullsAnswer struct{ Nodes []*pullAnswer }
)

// The fields of a repository's answer.
const (
	fieldDatabaseID    = "DatabaseID"
	fieldDefaultBranch = "DefaultBranch"
	fieldRef           = "Ref"
	fieldTasks         = "Tasks"
	fieldPull          = "Pull"
	fieldPulls         = "Pulls"
	fieldRecent        = "Recent"
	fieldArchived      = "Archived"
)

const tasksFile = "tasks.md"

// specFileFields are the files of a spec beside tasks.md, of which only the size matters here. They are looked up one by
// one: a listing of their directory has no bound.
var specFileFields = []struct{ field, name string }{
	{"Requirements", "requirements.md"},
	{"Bugfix", "bugfix.md"},
	{"Design", "design.md"},
}

// lookup is one query in a call. All that a query names travels in variables, which carry the slot's number; nothing of it
// is ever written into the document.
type lookup struct {
	slot  int
	query forge.Query
}

func (l lookup) alias() string { return "r" + strconv.Itoa(l.slot) }

// variable registers a value and returns its name as documents write it.
func (l lookup) variable(variables map[string]any, name string, value any) string {
	name += strconv.Itoa(l.slot)
	variables[name] = value
	return "$" + name
}

// documentOf makes the type of a call's document and a pointer to a value of it, with a field for each lookup.
func documentOf(lookups []lookup) (document reflect.Value, variables map[string]any) {
	variables = map[string]any{}
	fields := make([]reflect.StructField, len(lookups))
	for i, l := range lookups {
		owner, name, _ := strings.Cut(l.query.Repository, "/")
		fields[i] = structField("R"+strconv.Itoa(l.slot), reflect.PointerTo(l.repositoryType(variables)),
			l.alias()+": repository(owner: "+l.variable(variables, "owner", githubv4.String(owner))+
				", name: "+l.variable(variables, "name", githubv4.String(name))+")")
	}
	return reflect.New(reflect.StructOf(fields)), variables
}

// repositoryType is what is asked of one repository.
func (l lookup) repositoryType(variables map[string]any) reflect.Type {
	branch := "refs/heads/" + l.query.Branch
	fields := []reflect.StructField{
		structField(fieldDatabaseID, reflect.TypeFor[int64](), "databaseId"),
		structField(fieldArchived, reflect.TypeFor[bool](), "isArchived"),
		structField(fieldDefaultBranch, reflect.TypeFor[*nameAnswer](), "defaultBranchRef"),
		structField(fieldRef, reflect.TypeFor[*refAnswer](),
			"ref(qualifiedName: "+l.variable(variables, "ref", githubv4.String(branch))+")"),
	}
	object := func(field, file string, t reflect.Type) {
		alias := strings.ToLower(field)
		expression := githubv4.String(branch + ":" + strings.Trim(l.query.SpecPath, "/") + "/" + file)
		fields = append(fields, structField(field, t, alias+": object(expression: "+l.variable(variables, alias, expression)+")"))
	}
	for _, file := range specFileFields {
		object(file.field, file.name, reflect.TypeFor[*blobAnswer]())
	}
	object(fieldTasks, tasksFile, reflect.TypeFor[*textAnswer]())

	if l.query.PullRequest != 0 {
		number := l.variable(variables, "number", githubv4.Int(l.query.PullRequest)) //nolint:gosec // GitHub's numbers are 32 bits
		fields = append(fields, structField(fieldPull, reflect.TypeFor[*pullAnswer](), "pullRequest(number: "+number+")"))
	} else {
		head := l.variable(variables, "head", githubv4.String(l.query.Branch))
		// The open ones apart: those that forks closed may be many, and newer. The others are there to say what became of ours.
		fields = append(fields, structField(fieldPulls, reflect.TypeFor[*pullsAnswer](),
			"pullRequests(headRefName: "+head+", states: [OPEN], first: 10, orderBy: {field: CREATED_AT, direction: DESC})"),
			structField(fieldRecent, reflect.TypeFor[*pullsAnswer](),
				"recent: pullRequests(headRefName: "+head+", first: 10, orderBy: {field: CREATED_AT, direction: DESC})"))
	}
	return reflect.StructOf(fields)
}

func structField(name string, t reflect.Type, graphQL string) reflect.StructField {
	return reflect.StructField{Name: name, Type: t, Tag: reflect.StructTag(`graphql:` + strconv.Quote(graphQL))}
}

// field reads a field of a struct that was made here; the zero value if this lookup has no such field.
func field[T any](v reflect.Value, name string) T {
	var out T
	if f := v.FieldByName(name); f.IsValid() {
		out, _ = f.Interface().(T)
	}
	return out
}
