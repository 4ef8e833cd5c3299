// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package infra

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/local/iam"
	"github.com/kiro-worker/kiro-worker/internal/local/permissions"
)

// exceptions are what a policy allows though no program of ours calls it.
var exceptions = []permissions.Exception{
	{Caller: permissions.Build, Sid: "Logs", Reason: "CodeBuild writes the build's log in the role's name"},
	{Caller: permissions.Build, Sid: "RawLogs", Reason: "CodeBuild writes the build's log to S3 in the role's name"},
	{Caller: permissions.Build, Sid: "Reports", Reason: "CodeBuild stores the buildspec's reports in the role's name"},
	{Caller: permissions.Build, Sid: "PullImage", Reason: "CodeBuild pulls the build's image in the role's name"},
	{Caller: permissions.Build, Sid: "LogInToRegistry", Reason: "CodeBuild pulls the build's image in the role's name"},
}

// exceptionsOf are those of a tier: only a bucket with a key of its owner's has more to allow.
func exceptionsOf(tier string) []permissions.Exception {
	if tier != "production" {
		return exceptions
	}
	return append(slices.Clone(exceptions), permissions.Exception{
		Caller: permissions.Build, Sid: "EncryptRawLogs", Reason: "CodeBuild uploads a long log in parts, and each decrypts its data key",
	})
}

// allCalls are every call that is known, of a tier.
func allCalls(t *testing.T, tier string) []permissions.Call {
	t.Helper()
	return slices.Concat(recorded(t, tier), rareRecorded(t, tier))
}

// rareRecorded are the calls that a demo does not come to. They are made where everything is allowed: what the policies say of them
// is for TestLeastPrivilege to tell.
func rareRecorded(t *testing.T, tier string) []permissions.Call {
	t.Helper()
	w := newWorld(t, tier, false)
	rareCalls(t, w)
	doctorCalls(t, w)
	return w.recorder.Calls()
}

// TestRareCalls: what is committed is what is called. The demo may come to such a call on a slow machine, and knows it from there.
func TestRareCalls(t *testing.T) {
	text, err := permissions.Write(rareRecorded(t, "test"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join("testdata", "rare-calls.json")
	if os.Getenv("UPDATE_CALLS") != "" {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(committed), string(text)); diff != "" {
		t.Errorf("%s differs from what is called; run `make infra-calls` (-committed +called):\n%s", file, diff)
	}
}

// TestLeastPrivilege: every call is allowed, and everything that is allowed is called.
func TestLeastPrivilege(t *testing.T) {
	for _, tier := range tiers {
		t.Run(tier, func(t *testing.T) {
			for _, finding := range permissions.Check(allCalls(t, tier), policiesOf(t, tier), exceptionsOf(tier)) {
				t.Error(finding)
			}
		})
	}
}

// TestPlantedFaults: were an action taken away, or one too many given, that and nothing else would be found.
func TestPlantedFaults(t *testing.T) {
	calls, policies, exceptions := allCalls(t, "production"), policiesOf(t, "production"), exceptionsOf("production")
	planted := 0
	for caller, documents := range policies {
		for _, s := range documents[0].Statements {
			if s.Effect != "Allow" || slices.ContainsFunc(exceptions, func(e permissions.Exception) bool { return e.Caller == caller && e.Sid == s.Sid }) {
				continue
			}
			for _, action := range s.Actions {
				planted++
				found := permissions.Check(calls, without(policies, caller, s.Sid, action), exceptions)
				denied := caller + " " + action + ": it is called and not allowed"
				// Without an action, a row that only it was used on is unused.
				other := func(f string) bool {
					return !strings.HasPrefix(f, denied) && !(strings.HasPrefix(f, caller+" ") && strings.Contains(f, "statement "+s.Sid+" "))
				}
				if !slices.ContainsFunc(found, func(f string) bool { return strings.HasPrefix(f, denied) }) || slices.ContainsFunc(found, other) {
					t.Errorf("%s without %s: found %q", caller, action, found)
				}
			}
		}
	}
	if planted < 20 {
		t.Errorf("only %d actions were taken away", planted)
	}
	more := permissions.Policies{}
	for caller, documents := range policies {
		more[caller] = documents
	}
	more[permissions.Build] = append(slices.Clone(policies[permissions.Build]), iam.Document{Statements: []iam.Statement{
		{Sid: "TooMuch", Effect: "Allow", Actions: []string{"dynamodb:DeleteItem"}, Resources: []string{"*"}},
	}})
	found := permissions.Check(calls, more, exceptions)
	for _, f := range found {
		if !strings.Contains(f, "TooMuch") {
			t.Errorf("one action too many: found %q", f)
		}
	}
	if len(found) == 0 {
		t.Error("an action that nobody calls is not found")
	}
}

// TestForbidden: what the roles must not be able to do, in IAM's words.
func TestForbidden(t *testing.T) {
	p := policiesOf(t, "test")
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + rest
	}
	table := arn("dynamodb", "table/kiro-worker-test-locks")
	project := func(name string) string { return arn("codebuild", "project/"+name) }
	row := func(key string) map[string][]string { return map[string][]string{"dynamodb:LeadingKeys": {key}} }
	tests := map[string]struct {
		caller  string
		request iam.Request
	}{
		"a build of test takes a slot of production":       {permissions.Build, iam.Request{Action: "dynamodb:UpdateItem", Resource: table, Context: row("slot#" + project("kiro-worker-production-blue") + "#0")}},
		"a build takes a slot of the tier's other project": {permissions.Build, iam.Request{Action: "dynamodb:UpdateItem", Resource: table, Context: row("slot#" + project("kiro-worker-test-green") + "#0")}},
		"a build touches the table of production":          {permissions.Build, iam.Request{Action: "dynamodb:UpdateItem", Resource: arn("dynamodb", "table/kiro-worker-production-locks"), Context: row("branch#x")}},
		"a build reads the whole table":                    {permissions.Build, iam.Request{Action: "dynamodb:Scan", Resource: table}},
		"a build draws from a budget":                      {permissions.Build, iam.Request{Action: "dynamodb:UpdateItem", Resource: table, Context: row("budget#project/x#2026-11-30")}},
		"a person draws from a budget":                     {permissions.Operator, iam.Request{Action: "dynamodb:UpdateItem", Resource: table, Context: row("budget#project/x#2026-11-30")}},
		"a build deletes a row":                            {permissions.Build, iam.Request{Action: "dynamodb:DeleteItem", Resource: table, Context: row("branch#x")}},
		"a build starts a build":                           {permissions.Build, iam.Request{Action: "codebuild:StartBuild", Resource: project("kiro-worker-test-blue")}},
		"a build reads artifacts":                          {permissions.Build, iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::kiro-worker-test-artifacts-" + account + "-" + region + "/test/x"}},
		"a build writes outside its tier's folder":         {permissions.Build, iam.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::kiro-worker-test-artifacts-" + account + "-" + region + "/production/x"}},
		"a build reads another secret":                     {permissions.Build, iam.Request{Action: "secretsmanager:GetSecretValue", Resource: arn("secretsmanager", "secret:kiro-worker-production/github-AbCdEf")}},
		"a build sends other metrics":                      {permissions.Build, iam.Request{Action: "cloudwatch:PutMetricData", Resource: "*", Context: map[string][]string{"cloudwatch:namespace": {"Other"}}}},
		"a build decrypts by itself":                       {permissions.Build, iam.Request{Action: "kms:Decrypt", Resource: arn("kms", "key/kiro-worker-test-data-DataKey2A0DE9E6")}},
		"the controller reads the agent's key":             {permissions.Controller, iam.Request{Action: "secretsmanager:GetSecretValue", Resource: arn("secretsmanager", "secret:kiro-worker-test/agent-AbCdEf")}},
		"the controller starts another tier's build":       {permissions.Controller, iam.Request{Action: "codebuild:StartBuild", Resource: project("kiro-worker-production-blue")}},
		"the controller brings another buildspec":          {permissions.Controller, iam.Request{Action: "codebuild:StartBuild", Resource: project("kiro-worker-test-blue"), Context: map[string][]string{"codebuild:source.buildspec": {"x"}}}},
		"the controller brings another image":              {permissions.Controller, iam.Request{Action: "codebuild:StartBuild", Resource: project("kiro-worker-test-blue"), Context: map[string][]string{"codebuild:environment.image": {"x"}}}},
		"the controller changes the project":               {permissions.Controller, iam.Request{Action: "codebuild:UpdateProject", Resource: project("kiro-worker-test-blue")}},
		"the controller uploads":                           {permissions.Controller, iam.Request{Action: "s3:PutObject", Resource: "arn:aws:s3:::kiro-worker-test-artifacts-" + account + "-" + region + "/test/x"}},
		"a person stops a build":                           {permissions.Operator, iam.Request{Action: "codebuild:StopBuild", Resource: project("kiro-worker-test-blue")}},
	}
	for name, tc := range tests {
		if d := iam.Evaluate(tc.request, p[tc.caller]...); d.Allowed {
			t.Errorf("%s: statement %s allows it", name, d.By.Sid)
		}
	}
}

// TestWhoMayAssume: the controller's role is the manager's alone, in the name of a namespace that may use the tier.
func TestWhoMayAssume(t *testing.T) {
	w := newWorld(t, "test", true)
	try := func(key, externalID string) error {
		target := w.target(true)
		target.ExternalID = externalID
		api, err := w.as(key).S3(t.Context(), target)
		if err != nil {
			return err
		}
		_, err = api.HeadBucket(t.Context(), headBucket(w))
		return err
	}
	own := w.environment.Spec.AWS.ExternalID
	if err := try(managerKey, own); err != nil {
		t.Errorf("the manager, for the namespace: %v", err)
	}
	for name, err := range map[string]error{
		"another namespace": try(managerKey, "main/other"),
		"no namespace":      try(managerKey, ""),
		"somebody else":     try(strangerKey, own),
		"a build":           try(buildKey, own),
	} {
		if err == nil || !strings.Contains(err.Error(), "AccessDenied") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
