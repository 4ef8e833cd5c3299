// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"net/http"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestSecretsTrouble(t *testing.T) {
	kind := v1alpha1.ConditionSecretsReady
	testTrouble(t, []trouble{
		{
			why:    "the token for GitHub does not exist",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Credentials.GitHubTokenSecretARN += "x" },
			kind:   kind, want: "False CredentialsInvalid", says: "does not exist: create it", stalled: "True CredentialsInvalid",
		},
		{
			why: "the token for git does not exist, whatever the other secrets are",
			change: func(e *v1alpha1.WorkEnvironment) {
				e.Spec.Credentials.GitSecretARN = e.Spec.Credentials.GitHubTokenSecretARN + "x"
			},
			kind: kind, want: "False CredentialsInvalid", says: "does not exist: create it", stalled: "True CredentialsInvalid",
		},
		{
			why:   "the agent's key is marked for deletion",
			cause: func(w *world) { w.secrets.Delete("agent") },
			kind:  kind, want: "False CredentialsInvalid", says: "restore it", stalled: "True CredentialsInvalid",
		},
		{
			why: "a secret of the tests does not exist",
			change: func(e *v1alpha1.WorkEnvironment) {
				e.Spec.Gates.SecretEnv = []v1alpha1.SecretVariable{{Name: "NPM_TOKEN", SecretARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:npm-AbCdEf"}}
			},
			kind: kind, want: "False CredentialsInvalid", says: "spec.gates.secretEnv", stalled: "True CredentialsInvalid",
		},
		{
			why:   "the role may not look",
			cause: denies("secretsmanager", "DescribeSecret", "AccessDeniedException"),
			kind:  kind, want: "False AccessDenied", says: "secretsmanager:DescribeSecret", stalled: "True AccessDenied",
		},
		{
			why:   "Secrets Manager does not answer: of the secrets nothing is known",
			cause: breaks("secretsmanager", faults.Fault{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable"}),
			kind:  kind, want: "Unknown Unreachable", says: "again", stalled: "absent",
		},
	})
}

// TestSecretsAreNotRead: what a secret holds is the build's to know.
func TestSecretsAreNotRead(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	if n := w.faults.Calls("secretsmanager", "GetSecretValue"); n != 0 {
		t.Errorf("%d secrets were read", n)
	}
	if n := w.faults.Calls("secretsmanager", "DescribeSecret"); n != 2 {
		t.Errorf("%d secrets were looked up, want the two that builds read", n)
	}
}

// TestAllMissingSecretsAreNamed: whoever sets an environment up makes all of them at once.
func TestAllMissingSecretsAreNamed(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.secrets.Delete("agent")
	w.secrets.Delete("github")
	w.reconcile()
	text := message(w.get(), v1alpha1.ConditionReady)
	for _, arn := range []string{w.github, w.agent} {
		mentions(t, text, arn)
	}
}
