// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package infra

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/iam"
	"github.com/kiro-worker/kiro-worker/internal/local/permissions"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
)

// secretEnvPolicies are the policies of a tier with secrets of its team's (secrets.secretEnv) and a cache of npm's, which the tests of
// infra synthesise: the templates that are committed have neither, because ARNs of secrets are anybody's, and the cache is off.
func secretEnvPolicies(t *testing.T) permissions.Policies {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "infra", "test", "snapshots", "options.json"))
	check(t, err)
	fill := strings.NewReplacer("${partition}", "aws", "${region}", region, "${account}", account, "${url_suffix}", "amazonaws.com", "${key_arn}", keyOf(t, "test"))
	var documents map[string]json.RawMessage
	check(t, json.Unmarshal([]byte(fill.Replace(string(text))), &documents))
	policies := permissions.Policies{}
	for _, caller := range []string{permissions.Build, permissions.Controller} {
		policies[caller] = []iam.Document{must(iam.Parse(documents[caller]))(t)}
	}
	return policies
}

// TestSecretEnv: a build reads the secrets that are named, one of them under a key of its owner's, and the controller looks whether they
// are there. That is allowed, all of it is used, and nothing else of the kind is allowed.
func TestSecretEnv(t *testing.T) {
	const npmKey = "arn:aws:kms:" + region + ":" + account + ":key/0123"
	w := newWorld(t, "test", false)
	rareCalls(t, w)
	doctorCalls(t, w)
	npm, pip := w.secrets.Put("team/npm", "npm_token"), w.secrets.Put("team/pip", "pip_token")
	w.keys[npm] = npmKey
	worker := must(w.as(buildKey).SecretsManager(t.Context(), w.target(false)))(t)
	doctor := must(w.as(managerKey).SecretDescriber(t.Context(), w.target(true)))(t)
	for _, arn := range []string{npm, pip} {
		_ = must(secretsmanager.New(worker).Read(t.Context(), arn))(t)
		check(t, secretsmanager.NewFinder(doctor).Find(t.Context(), arn))
	}
	// The recorder gives every secret one suffix, and the snapshot names two.
	calls := slices.Concat(recorded(t, "test"), w.recorder.Calls())
	for i := range calls {
		calls[i].Resource = strings.Replace(calls[i].Resource, "secret:team/pip-AbCdEf", "secret:team/pip-GhIjKl", 1)
	}
	policies := secretEnvPolicies(t)
	known := append(slices.Clone(exceptions), permissions.Exception{
		Caller: permissions.Build, Sid: "NPMCache", Reason: "CodeBuild restores and saves the cache of npm in the role's name",
	})
	for _, finding := range permissions.Check(calls, policies, known) {
		t.Error(finding)
	}
	for _, planted := range []struct{ caller, sid, action string }{
		{permissions.Build, "ReadSecretEnv", "secretsmanager:GetSecretValue"}, {permissions.Build, "DecryptSecretEnv", "kms:Decrypt"},
	} {
		found := permissions.Check(calls, without(policies, planted.caller, planted.sid, planted.action), known)
		if !slices.ContainsFunc(found, func(f string) bool {
			return strings.HasPrefix(f, planted.caller+" "+planted.action+": it is called and not allowed")
		}) {
			t.Errorf("without %s of %s: found %q", planted.action, planted.sid, found)
		}
	}
	secret := func(name string) string {
		return "arn:aws:secretsmanager:" + region + ":" + account + ":secret:" + name
	}
	for why, tc := range map[string]struct {
		caller  string
		request iam.Request
	}{
		"another secret of the team":        {permissions.Build, iam.Request{Action: "secretsmanager:GetSecretValue", Resource: secret("team/other-AbCdEf")}},
		"a secret whose name goes on":       {permissions.Build, iam.Request{Action: "secretsmanager:GetSecretValue", Resource: secret("team/npm-AbCdEf-AbCdEf")}},
		"the value, for the controller":     {permissions.Controller, iam.Request{Action: "secretsmanager:GetSecretValue", Resource: secret("team/npm-AbCdEf")}},
		"the key, for a build's own use":    {permissions.Build, iam.Request{Action: "kms:Decrypt", Resource: npmKey}},
		"the key, through another service":  {permissions.Build, iam.Request{Action: "kms:Decrypt", Resource: npmKey, Context: map[string][]string{"kms:ViaService": {"s3." + region + ".amazonaws.com"}}}},
		"the key, for the controller":       {permissions.Controller, iam.Request{Action: "kms:Decrypt", Resource: npmKey, Context: map[string][]string{"kms:ViaService": {"secretsmanager." + region + ".amazonaws.com"}}}},
		"the cache of another project":      {permissions.Build, iam.Request{Action: "s3:GetObject", Resource: "arn:aws:s3:::kiro-worker-test-artifacts-" + account + "-" + region + "/codebuild-cache/kiro-worker-test-green/x"}},
		"to write the secret":               {permissions.Build, iam.Request{Action: "secretsmanager:PutSecretValue", Resource: secret("team/npm-AbCdEf")}},
		"to read the description, as build": {permissions.Build, iam.Request{Action: "secretsmanager:DescribeSecret", Resource: secret("team/npm-AbCdEf")}},
	} {
		if d := iam.Evaluate(tc.request, policies[tc.caller]...); d.Allowed {
			t.Errorf("%s: statement %s allows it", why, d.By.Sid)
		}
	}
}
