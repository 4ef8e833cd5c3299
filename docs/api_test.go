// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package docs_test keeps the documents and the code the same: what one of them names and the other does not is a failure.
package docs_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// kinds are the kinds that have a page, with the files of their CRDs.
var kinds = map[string]string{
	"workenvironment": "kiro-worker.io_workenvironments.yaml",
	"workitem":        "kiro-worker.io_workitems.yaml",
	"worksource":      "kiro-worker.io_worksources.yaml",
}

// row is one line of a table whose first cell is a name in backticks.
type row struct {
	section string // the last heading of the second level
	name    string
	cells   []string
}

var named = regexp.MustCompile("^`([^`]+)`$")

// rows are the lines of a page's tables that name something.
func rows(t *testing.T, kind string) []row {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("api", kind+".md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []row
	section := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if heading, ok := strings.CutPrefix(line, "## "); ok {
			section = heading
		}
		if !strings.HasPrefix(line, "|") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if m := named.FindStringSubmatch(cells[0]); m != nil {
			all = append(all, row{section: section, name: m[1], cells: cells})
		}
	}
	return all
}

// schema is the part of a CRD's schema that a page repeats.
type schema struct {
	Properties map[string]schema `json:"properties"`
	Required   []string          `json:"required"`
	Items      *schema           `json:"items"`
	Default    any               `json:"default"`
	Enum       []any             `json:"enum"`
	Minimum    *float64          `json:"minimum"`
	Maximum    *float64          `json:"maximum"`
	Rules      []struct {
		Rule string `json:"rule"`
	} `json:"x-kubernetes-validations"`
}

// field is one field of a kind.
type field struct {
	path     string
	leaf     bool
	required bool // where what holds it exists
	schema   schema
}

// fields are the fields of spec and status. Lists of objects are followed into; conditions are not, which are the same
// in every API.
func fields(t *testing.T, kind string) []field {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "config", "crd", "bases", kinds[kind]))
	if err != nil {
		t.Fatal(err)
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					Root schema `json:"openAPIV3Schema"`
				} `json:"schema"`
			} `json:"versions"`
		} `json:"spec"`
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		t.Fatal(err)
	}
	var all []field
	for _, part := range []string{"spec", "status"} {
		all = append(all, below(part, crd.Spec.Versions[0].Schema.Root.Properties[part], true)...)
	}
	return all
}

func below(path string, s schema, required bool) []field {
	inner := s
	if s.Items != nil && len(s.Items.Properties) > 0 && !strings.HasSuffix(path, ".conditions") {
		path, inner = path+"[]", *s.Items
	}
	all := []field{{path: path, leaf: len(inner.Properties) == 0, required: required, schema: s}}
	for _, name := range slices.Sorted(maps.Keys(inner.Properties)) {
		all = append(all, below(path+"."+name, inner.Properties[name], slices.Contains(inner.Required, name))...)
	}
	return all
}

// means reports whether a name in a page stands for a path; "*" stands for any one part of it.
func means(name, path string) bool {
	parts := strings.Split(path, ".")
	return slices.EqualFunc(strings.Split(name, "."), parts, func(a, b string) bool { return a == "*" || a == b })
}

func TestPagesNameEveryField(t *testing.T) {
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			all, documented := fields(t, kind), rows(t, kind)
			for _, f := range all {
				if f.leaf && !slices.ContainsFunc(documented, func(r row) bool { return means(r.name, f.path) }) {
					t.Errorf("the schema has %s, the page does not", f.path)
				}
			}
			for _, r := range documented {
				isField := strings.HasPrefix(r.name, "spec.") || strings.HasPrefix(r.name, "status.")
				if isField && !slices.ContainsFunc(all, func(f field) bool { return means(r.name, f.path) }) {
					t.Errorf("the page has %s, the schema does not", r.name)
				}
			}
		})
	}
}

// TestPagesNameEveryBound holds what a page says of a field of spec against its schema.
func TestPagesNameEveryBound(t *testing.T) {
	for kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			all := fields(t, kind)
			for _, r := range rows(t, kind) {
				i := slices.IndexFunc(all, func(f field) bool { return f.leaf && means(r.name, f.path) })
				if i < 0 || !strings.HasPrefix(r.name, "spec.") {
					continue
				}
				line := strings.Join(r.cells, " | ")
				for _, want := range bounds(all[i]) {
					if !strings.Contains(line, want) {
						t.Errorf("%s: the schema says %s, the page does not: %s", r.name, want, line)
					}
				}
			}
		})
	}
}

var duration = regexp.MustCompile(`duration\('([^']+)'\)`)

// bounds are the texts that a field's line must have: default, values and bounds.
func bounds(f field) []string {
	var all []string
	if f.required && f.schema.Default == nil {
		all = append(all, "required")
	}
	if list, ok := f.schema.Default.([]any); ok {
		all = append(all, fmt.Sprintf("`%v`", list))
	} else if f.schema.Default != nil {
		all = append(all, fmt.Sprintf("`%v`", f.schema.Default))
	}
	for _, value := range f.schema.Enum {
		all = append(all, fmt.Sprintf("`%v`", value))
	}
	for _, bound := range []*float64{f.schema.Minimum, f.schema.Maximum} {
		if bound != nil {
			all = append(all, strconv.FormatFloat(*bound, 'f', -1, 64))
		}
	}
	for _, rule := range f.schema.Rules {
		for _, m := range duration.FindAllStringSubmatch(rule.Rule, -1) {
			all = append(all, "`"+m[1]+"`")
		}
	}
	return all
}

// constants are the names of a directory's constants with a prefix, without it. The value of each is its name without
// the prefix; where the value is written out, that is checked.
func constants(t *testing.T, dir, prefix string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(dir), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	var found []string
	for _, name := range files {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			name := strings.TrimPrefix(spec.Names[0].Name, prefix)
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok && literal.Value != `"`+name+`"` {
				t.Errorf("%s%s is %s: its value must be its name", prefix, name, literal.Value)
			}
			found = append(found, name)
			return true
		})
	}
	return found
}

const api = "api/v1alpha1"

// sections are what the pages' sections of these names name.
func sections(t *testing.T, pages []string, names ...string) []string {
	t.Helper()
	var found []string
	for _, kind := range pages {
		for _, r := range rows(t, kind) {
			if slices.Contains(names, r.section) {
				found = append(found, r.name)
			}
		}
	}
	return found
}

func checkSame(t *testing.T, what string, code, documented []string) {
	t.Helper()
	for _, name := range code {
		if !slices.Contains(documented, name) {
			t.Errorf("the code has the %s %s, no page does", what, name)
		}
	}
	for _, name := range documented {
		if !slices.Contains(code, name) {
			t.Errorf("a page has the %s %s, the code does not", what, name)
		}
	}
}

func TestPagesNameEveryCondition(t *testing.T) {
	checkSame(t, "condition", constants(t, api, "Condition"), sections(t, slices.Sorted(maps.Keys(kinds)), "Conditions"))
}

func TestPagesNameEveryReason(t *testing.T) {
	checkSame(t, "reason", constants(t, api, "Reason"),
		sections(t, slices.Sorted(maps.Keys(kinds)), "Reasons", "Outcomes", "Skipped cards"))
}

func TestPagesNameEveryPhase(t *testing.T) {
	checkSame(t, "phase", constants(t, api, "Phase"), sections(t, []string{"workitem"}, "Phases"))
}

func TestPagesNameEveryOutcome(t *testing.T) {
	checkSame(t, "outcome", constants(t, "internal/contract", "Outcome"), sections(t, []string{"workitem"}, "Outcomes"))
}

// classes are what the page of WorkItem calls whose failure an outcome is. What a recorded result says is its own.
var classes = map[contract.FailureClass][]string{
	contract.ClassWork:           {"the work"},
	contract.ClassInfrastructure: {"the infrastructure"},
	contract.ClassNone:           {"", "nobody's", "as recorded"},
}

func TestPageSaysWhoseFailure(t *testing.T) {
	for _, r := range rows(t, "workitem") {
		if r.section != "Outcomes" {
			continue
		}
		if class := contract.Outcome(r.name).Class(); !slices.Contains(classes[class], r.cells[1]) {
			t.Errorf("%s is called a failure of %q; the code says %q", r.name, r.cells[1], class)
		}
	}
}

// policies are the defaults of spec.retry.
var policies = map[string]contract.Retry{
	"infrastructure": contract.RetryInfrastructure, "work": contract.RetryWork, "startBuild": contract.RetryStartBuild,
	"git": contract.RetryGit, "github": contract.RetryService, "s3": contract.RetryService, "dynamoDB": contract.RetryDynamoDB,
	"agentTask": contract.RetryAgentTask,
}

func TestPageNamesEveryRetry(t *testing.T) {
	found := 0
	for _, r := range rows(t, "workenvironment") {
		p, ok := policies[strings.TrimPrefix(r.name, "spec.retry.")]
		if !ok {
			continue
		}
		found++
		want := []string{fmt.Sprint(p.Tries), p.Base.String(), fmt.Sprint(p.Factor * 100), p.Cap.String(), fmt.Sprint(p.Jitter * 100)}
		if got := r.cells[2:]; !slices.Equal(got, want) {
			t.Errorf("%s is %v in the page and %v in the code", r.name, got, want)
		}
	}
	if found != len(policies) {
		t.Errorf("the page has %d operations, the code %d", found, len(policies))
	}
}
