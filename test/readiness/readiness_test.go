// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package readiness

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// TestAllGood: where everything is there, both are ready, and no secret of a build's was read.
func TestAllGood(t *testing.T) {
	w := newWorld(t)
	w.run()
	for kind, got := range map[string]func() (string, string){
		"environment": func() (string, string) { return ready(w.environment.Status.Conditions) },
		"source":      func() (string, string) { return ready(w.source.Status.Conditions) },
	} {
		if state, message := got(); !strings.HasPrefix(state, "True") {
			t.Errorf("the %s is %s: %s", kind, state, message)
		}
	}
	if n := w.faults.Calls("secretsmanager", "GetSecretValue"); n != 0 {
		t.Errorf("%d secrets were read", n)
	}
	if len(w.recorded("environment"))+len(w.recorded("source")) != 0 {
		t.Errorf("events: %v", w.events)
	}
}

// plant is a fault, and what comes of it.
type plant struct {
	fault func(w *world)
	state string   // of Ready
	says  []string // what is wrong and what to do
}

var environmentFaults = map[string]plant{
	"the role trusts another external id": {
		func(w *world) { w.cloud.AWS.Trust(role, "staging/"+w.namespace) }, "False AccessDenied", []string{"denied access"},
	},
	"the role does not exist": {
		func(w *world) { w.environment.Spec.AWS.RoleARN = "arn:aws:iam::000000000000:role/gone" }, "False AccessDenied", []string{"denied access"},
	},
	"another namespace's external id": {
		func(w *world) { w.environment.Spec.AWS.ExternalID = cluster + "/other" }, "False InvalidConfiguration", []string{"is not this namespace's", "leave it empty"},
	},
	"no role is named": {
		func(w *world) { w.environment.Spec.AWS.RoleARN = "" }, "False InvalidConfiguration", []string{"name a role", "--own-identity-namespaces"},
	},
	"the manager's own key is unknown": {
		func(w *world) { w.t.Setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN") }, "False Unauthorized", []string{"refused the credentials"},
	},
	"AWS is not reached": {
		func(w *world) { w.environment.Spec.AWS.EndpointURL = w.nobody() }, "Unknown Unreachable", []string{"checked again"},
	},
	"the endpoint is not allowed": {
		func(w *world) { w.environment.Spec.AWS.EndpointURL = "http://127.0.0.1:1" }, "False EndpointNotAllowed", []string{"--allowed-endpoints"},
	},
	"the table is gone": {
		func(w *world) { w.environment.Spec.Lock.TableName = "gone" }, "False NotFound", []string{"does not exist", "create it"},
	},
	"the table has another key": {func(w *world) {
		w.must(w.cloud.DynamoDB.CreateTable("other", "id", "deleteAt"))
		w.environment.Spec.Lock.TableName = "other"
	}, "False InvalidConfiguration", []string{"another key"}},
	"the table's rows would be lost": {func(w *world) {
		w.must(w.cloud.DynamoDB.CreateTable("lossy", "lockKey", "expiresAt"))
		w.environment.Spec.Lock.TableName = "lossy"
	}, "False InvalidConfiguration", []string{"would delete the rows of running builds"}},
	"the role may not see the table": {
		func(w *world) { w.deny("dynamodb", "DescribeTable", "AccessDeniedException") }, "False AccessDenied", []string{"grant the action"},
	},
	"the project is gone": {
		func(w *world) { w.cloud.CodeBuild.DeleteProject("builds") }, "False NotFound", []string{"builds"},
	},
	"the role may not see the project": {
		func(w *world) { w.deny("codebuild", "BatchGetProjects", "AccessDeniedException") }, "False AccessDenied", []string{"grant the action"},
	},
	"the bucket is gone": {
		func(w *world) { w.environment.Spec.Artifacts.Bucket = "gone" }, "False NotFound", []string{"gone"},
	},
	"the token of the builds is missing": {
		func(w *world) { w.environment.Spec.Credentials.GitHubTokenSecretARN += "x" }, "False CredentialsInvalid", []string{"does not exist: create it"},
	},
	"the token for git is missing": {func(w *world) {
		w.environment.Spec.Credentials.GitSecretARN = w.environment.Spec.Credentials.GitHubTokenSecretARN + "y"
	}, "False CredentialsInvalid", []string{"does not exist: create it"}},
	"the agent's key is deleted": {
		func(w *world) { w.cloud.SecretsManager.Delete("agent") }, "False CredentialsInvalid", []string{"restore it"},
	},
	"the role may not see secrets": {
		func(w *world) { w.deny("secretsmanager", "DescribeSecret", "AccessDeniedException") }, "False AccessDenied", []string{"secretsmanager:DescribeSecret"},
	},
	"the topic is gone": {
		func(w *world) { w.environment.Spec.Notifications[0].TopicARN += "x" }, "False NotFound", []string{"create it, or correct spec.notifications"},
	},
	"the role may not reach the topic": {
		func(w *world) { w.deny("sns", "GetTopicAttributes", "AuthorizationError") }, "False AccessDenied", []string{"sns:GetTopicAttributes and sns:Publish"},
	},
	"the queue is gone": {
		func(w *world) { w.environment.Spec.Notifications[1].QueueURL += "x" }, "False NotFound", []string{"create it, or correct spec.notifications"},
	},
	"the dead letters' queue is gone": {
		func(w *world) { w.environment.Spec.DeadLetterQueueURL += "x" }, "False NotFound", []string{"spec.deadLetterQueueURL"},
	},
	"the role may not reach the queues": {
		func(w *world) { w.deny("sqs", "GetQueueAttributes", "AccessDenied") }, "False AccessDenied", []string{"sqs:GetQueueAttributes and sqs:SendMessage"},
	},
}

var sourceFaults = map[string]plant{
	"the Secret is missing": {
		func(w *world) { w.source.Spec.GitHub.Credentials.SecretRef.Name = "gone" }, "False CredentialsInvalid", []string{"does not exist", "create it with the key"},
	},
	"the Secret is malformed": {
		func(w *world) { w.secret.Data = map[string][]byte{"tokn": []byte("x")} }, "False CredentialsInvalid", []string{"the Secret github"},
	},
	"the token is revoked": {
		func(w *world) { w.cloud.GitHub.RevokeToken(token) }, "False Unauthorized", []string{"token"},
	},
	"the secret in Secrets Manager is missing": {func(w *world) {
		w.source.Spec.GitHub.Credentials = v1alpha1.Credentials{SecretsManagerARN: w.environment.Spec.Credentials.GitHubTokenSecretARN + "x"}
	}, "False CredentialsInvalid", []string{"create it, or correct the ARN"}},
	"the role may not read the secret": {func(w *world) {
		w.source.Spec.GitHub.Credentials = v1alpha1.Credentials{SecretsManagerARN: w.environment.Spec.Credentials.GitHubTokenSecretARN}
		w.deny("secretsmanager", "GetSecretValue", "AccessDeniedException")
	}, "False AccessDenied", []string{"grant the action"}},
	"GitHub is not reached": {
		func(w *world) { w.source.Spec.GitHub.APIURL = w.nobody() + "/api/v3" }, "False Unreachable", []string{"tried again"},
	},
	"the server is not allowed": {
		func(w *world) { w.source.Spec.GitHub.APIURL = "https://github.example.com/api/v3" }, "False EndpointNotAllowed", []string{"--allowed-endpoints"},
	},
	"there is no such board": {
		func(w *world) { w.source.Spec.GitHub.ProjectNumber = 99 }, "False BoardNotFound", []string{"correct owner and projectNumber"},
	},
	"the status field was renamed": {
		func(w *world) { w.source.Spec.GitHub.StatusField = "State" }, "False StatusFieldNotFound", []string{"set statusField"},
	},
	"the ready status was renamed": {
		func(w *world) { w.must(w.cloud.GitHub.RenameOption(w.projectID, "Ready", "Go")) }, "False ReadyStatusNotFound", []string{`no option "Ready"`},
	},
	"the environment is gone": {
		func(w *world) { w.source.Spec.EnvironmentRef.Name = "gone" }, "False EnvironmentNotFound", []string{"Create it"},
	},
	"the environment is not ready": {
		func(w *world) { w.environment.Spec.Artifacts.Bucket = "gone" }, "False EnvironmentNotReady", []string{"gone"},
	},
}

// TestPlantedFaults: each makes its object not ready, says what to do and is recorded once in ten minutes.
func TestPlantedFaults(t *testing.T) {
	for kind, all := range map[string]map[string]plant{"environment": environmentFaults, "source": sourceFaults} {
		for name, p := range all {
			t.Run(kind+": "+name, func(t *testing.T) {
				w := newWorld(t)
				p.fault(w)
				w.run()
				list := w.environment.Status.Conditions
				if kind == "source" {
					list = w.source.Status.Conditions
				}
				state, message := ready(list)
				if state != p.state {
					t.Errorf("it is %s, want %s: %s", state, p.state, message)
				}
				for _, text := range p.says {
					if !strings.Contains(message, text) {
						t.Errorf("the message does not say %q: %s", text, message)
					}
				}
				if got := w.recorded(kind); len(got) != 1 {
					t.Errorf("in ten minutes these events were recorded: %v", got)
				}
			})
		}
	}
}

// TestRotatedSecret: a credential that goes bad while all is well makes the source not ready at its next poll, and a new one
// makes it ready again, without a restart.
func TestRotatedSecret(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.cloud.GitHub.RevokeToken(token)
	w.look()
	if state, message := ready(w.source.Status.Conditions); state != "False Unauthorized" {
		t.Fatalf("with a revoked token it is %s: %s", state, message)
	}
	w.cloud.GitHub.AddToken("ghp_new", "bot", github.AllRights())
	w.secret.Data = map[string][]byte{"token": []byte("ghp_new")}
	w.must(w.client.Update(t.Context(), w.secret))
	w.look()
	if state, message := ready(w.source.Status.Conditions); !strings.HasPrefix(state, "True") {
		t.Errorf("with a new token it is %s: %s", state, message)
	}
	w.must(w.client.Delete(t.Context(), w.secret))
	w.look()
	if state, message := ready(w.source.Status.Conditions); state != "False CredentialsInvalid" {
		t.Errorf("without its Secret it is %s: %s", state, message)
	}
}
