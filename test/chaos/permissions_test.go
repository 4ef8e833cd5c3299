// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/cloudformation"
	"github.com/kiro-worker/kiro-worker/internal/local/iam"
)

// What the simulation calls AWS by, in the names of the templates' tier test.
const (
	tierAccount = "000000000000"
	tierRegion  = "eu-central-1"
	tierProject = "arn:aws:codebuild:" + tierRegion + ":" + tierAccount + ":project/kiro-worker-test-blue"
	tierTable   = "arn:aws:dynamodb:" + tierRegion + ":" + tierAccount + ":table/kiro-worker-test-locks"
)

// TestPermissions: whatever happens to locks and builds, what is asked of AWS is what the synthesised policies allow: of rows that a
// person freed, of builds that were lost and adopted, of clusters that are gone.
func TestPermissions(t *testing.T) {
	policies := tierPolicies(t)
	all := everythingAsked(t, 120)
	actions := map[string]bool{}
	for _, one := range all {
		actions[one.caller+" "+one.action] = true
		if denied := decide(policies, one); denied != "" {
			t.Errorf("%+v: %s", one, denied)
		}
	}
	for _, want := range []string{
		"controller codebuild:StartBuild", "controller codebuild:StopBuild", "controller codebuild:BatchGetBuilds", "controller codebuild:ListBuildsForProject",
		"controller dynamodb:UpdateItem", "controller dynamodb:ConditionCheckItem", "controller dynamodb:BatchGetItem",
		"build dynamodb:UpdateItem", "operator dynamodb:UpdateItem",
	} {
		if !actions[want] {
			t.Errorf("%s: no history of %d has it; nothing was shown of it", want, len(all))
		}
	}
}

// TestPermissionsThatAreMissing: were an action taken away that some history needs, that would be found.
func TestPermissionsThatAreMissing(t *testing.T) {
	all := everythingAsked(t, 40)
	for caller, documents := range tierPolicies(t) {
		for _, action := range []string{"dynamodb:UpdateItem", "dynamodb:ConditionCheckItem", "codebuild:StopBuild", "codebuild:ListBuildsForProject"} {
			if !slices.ContainsFunc(all, func(a asked) bool { return a.caller == caller && a.action == action }) {
				continue
			}
			policies := map[string][]iam.Document{caller: withoutAction(documents, action)}
			if !slices.ContainsFunc(all, func(a asked) bool { return a.caller == caller && decide(policies, a) != "" }) {
				t.Errorf("%s without %s is not found", caller, action)
			}
		}
	}
}

// everythingAsked is what the first seeds ask of AWS, each thing once.
func everythingAsked(t *testing.T, seeds uint64) []asked {
	t.Helper()
	var (
		mu    sync.Mutex
		group sync.WaitGroup
		seen  = map[asked]bool{}
		next  = make(chan uint64)
	)
	for range runtime.GOMAXPROCS(0) {
		group.Go(func() {
			for seed := range next {
				r := runAsking(seed, Mutant{}, nil, func(a asked) {
					mu.Lock()
					defer mu.Unlock()
					seen[a] = true
				})
				if r.Err != nil {
					t.Errorf("seed %d: %s", seed, r.Err)
				}
			}
		})
	}
	for seed := uint64(1); seed <= seeds; seed++ {
		next <- seed
	}
	close(next)
	group.Wait()
	var all []asked
	for a := range seen {
		all = append(all, a)
	}
	return all
}

// tierPolicies are the policies of the tier test, by who has them.
func tierPolicies(t *testing.T) map[string][]iam.Document {
	t.Helper()
	account := cloudformation.New(cloudformation.Options{ID: tierAccount, Region: tierRegion})
	deploy := func(stack string, parameters map[string]string) {
		text, err := os.ReadFile(filepath.Join("..", "..", "infra", "templates", "test", stack+".yaml"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := account.Deploy("kiro-worker-test-"+stack, text, parameters); err != nil {
			t.Fatal(err)
		}
	}
	deploy("data", map[string]string{"ManagerPrincipalARN": "arn:aws:iam::" + tierAccount + ":user/manager"})
	deploy("blue", nil)
	policies := map[string][]iam.Document{}
	for _, role := range account.Roles() {
		if caller, ok := strings.CutPrefix(role.Name, "kiro-worker-test-blue-"); ok {
			policies[caller] = role.Policies
		}
	}
	for _, policy := range account.ManagedPolicies() {
		if caller, ok := strings.CutPrefix(policy.Name, "kiro-worker-test-blue-"); ok {
			policies[caller] = policy.Policies
		}
	}
	for _, caller := range []string{byController, byBuild, byPerson} {
		if len(policies[caller]) == 0 {
			t.Fatalf("the tier has no policy for the %s", caller)
		}
	}
	return policies
}

// decide says why something is denied; empty is allowed. Every account of the simulation has the tier's names.
func decide(policies map[string][]iam.Document, a asked) string {
	r := iam.Request{Action: a.action, Resource: tierProject, Context: map[string][]string{}}
	if a.resource == tableName {
		r.Resource = tierTable
	}
	if a.key != "" {
		r.Context["dynamodb:LeadingKeys"] = []string{tierKey(a.key)}
	}
	for _, name := range strings.Fields(a.overrides) {
		r.Context[name] = []string{"x"}
	}
	if iam.Evaluate(r, policies[a.caller]...).Allowed {
		return ""
	}
	return "its policies do not allow " + r.Action + " on " + r.Resource + " " + tierKey(a.key)
}

// tierKey is a slot's key with the tier's project in place of the simulation's.
func tierKey(key string) string {
	project, slot := strings.TrimPrefix(key, "slot#"), strings.LastIndexByte(key, '#')
	if project == key {
		return key + "x"
	}
	return "slot#" + tierProject + key[slot:]
}

func withoutAction(documents []iam.Document, action string) []iam.Document {
	var changed []iam.Document
	for _, d := range documents {
		var kept iam.Document
		for _, s := range d.Statements {
			s.Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(a string) bool { return a == action })
			if len(s.Actions) > 0 {
				kept.Statements = append(kept.Statements, s)
			}
		}
		changed = append(changed, kept)
	}
	return changed
}
