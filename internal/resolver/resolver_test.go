// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/resolver"
)

const (
	namespace = "team"
	role      = "arn:aws:iam::" + cloud.Account + ":role/builds"
)

// world is a GitHub, an AWS and the Secrets of a namespace.
type world struct {
	github   *github.Server
	aws      *aws.Endpoint
	secrets  *secretsmanager.Emulator
	kube     client.Client
	clock    *clocktesting.FakePassiveClock
	resolver *resolver.Resolver
	access   v1alpha1.AWSAccess
	number   int32
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := cloud.New(t, cloud.Options{GitHub: true, Tables: []string{"locks"}})
	w := &world{
		clock: clocktesting.NewFakePassiveClock(time.Now()), github: c.GitHub, aws: c.AWS, secrets: c.SecretsManager,
		access: v1alpha1.AWSAccess{Region: cloud.Region, EndpointURL: c.AWSURL},
	}
	number, _ := w.github.CreateProject(github.Project{Owner: "acme", Title: "Board", StatusOptions: []string{"For Implementation"}})
	w.number = int32(number)

	w.kube = fake.NewClientBuilder().Build()
	allowed := []string{c.GitHubURL, c.AWSURL}
	w.resolver = resolver.New(resolver.Options{
		Secrets: w.kube, Cluster: "prod", AllowedEndpoints: allowed, Clock: w.clock,
		ExternalIDs: map[string][]string{namespace: {"agreed-secret"}, "other": {"others-secret"}}, OwnIdentity: []string{namespace},
		AWS: awsapi.New(awsapi.Options{
			AllowedEndpoints: allowed, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
		}),
	})
	return w
}

func (w *world) putSecret(t *testing.T, name, token string) {
	t.Helper()
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}, Data: map[string][]byte{"token": []byte(token)},
	}
	if err := w.kube.Create(context.Background(), secret); err == nil {
		return
	}
	if err := w.kube.Update(context.Background(), secret); err != nil {
		t.Fatal(err)
	}
}

// resolve reads the board, as a poll does.
func (w *world) resolve(t *testing.T, c v1alpha1.Credentials) error {
	t.Helper()
	source := &v1alpha1.WorkSource{ObjectMeta: metav1.ObjectMeta{Namespace: namespace}}
	source.Spec.GitHub = v1alpha1.GitHubSource{APIURL: w.github.APIURL(), Credentials: c}
	b, err := w.resolver.Board(t.Context(), source, &v1alpha1.WorkEnvironment{Spec: v1alpha1.WorkEnvironmentSpec{AWS: w.access}})
	if err != nil {
		return err
	}
	_, err = b.Resolve(t.Context(), board.Ref{Owner: "acme", ProjectNumber: int(w.number), StatusField: "Status", ReadyStatus: "For Implementation"})
	return err
}

func inSecret(name string) v1alpha1.Credentials {
	return v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: name}}
}

func TestCredentials(t *testing.T) {
	cases := map[string]struct {
		why    string
		set    func(*testing.T, *world) v1alpha1.Credentials
		code   fault.Code // of the error; empty is none
		advice string
	}{
		"Secret": {
			why: "a token in a Kubernetes Secret reads the board",
			set: func(t *testing.T, w *world) v1alpha1.Credentials {
				w.putSecret(t, "github", "ghp_good")
				return inSecret("github")
			},
		},
		"SecretsManager": {
			why: "so does one in Secrets Manager, read as the environment's role with the namespace's external id",
			set: func(_ *testing.T, w *world) v1alpha1.Credentials {
				w.access.RoleARN = role
				w.aws.Trust(role, "prod/team")
				return v1alpha1.Credentials{SecretsManagerARN: w.secrets.Put("github", `{"token":"ghp_good"}`)}
			},
		},
		"NoRole": {
			why: "whoever may make an environment could else read any secret that the manager can", code: fault.CodeCredentialsInvalid,
			advice: "set its spec.aws.roleARN",
			set: func(_ *testing.T, w *world) v1alpha1.Credentials {
				return v1alpha1.Credentials{SecretsManagerARN: w.secrets.Put("github", "ghp_good")}
			},
		},
		"AnothersRole": {
			why: "a role that trusts another namespace is not ours to assume", code: fault.CodeAccessDenied,
			set: func(_ *testing.T, w *world) v1alpha1.Credentials {
				w.access.RoleARN = role
				w.aws.Trust(role, "prod/other")
				return v1alpha1.Credentials{SecretsManagerARN: w.secrets.Put("github", "ghp_good")}
			},
		},
		"NoSecret": {
			why: "the message says what to create", code: fault.CodeCredentialsInvalid, advice: "create it with the key `token`",
			set: func(*testing.T, *world) v1alpha1.Credentials { return inSecret("absent") },
		},
		"EmptySecret": {
			why: "an empty token is none", code: fault.CodeCredentialsInvalid,
			set: func(t *testing.T, w *world) v1alpha1.Credentials {
				w.putSecret(t, "github", "")
				return inSecret("github")
			},
		},
		"Refused": {
			why: "a token that GitHub does not know", code: fault.CodeUnauthorized,
			set: func(t *testing.T, w *world) v1alpha1.Credentials {
				w.putSecret(t, "github", "ghp_revoked")
				return inSecret("github")
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.github.AddToken("ghp_good", "bot", github.AllRights())
			err := w.resolve(t, tc.set(t, w))
			if got := fault.CodeOf(err); got != tc.code || (err == nil) != (tc.code == "") {
				t.Fatalf("%s: got code %q of %v, want %q", tc.why, got, err, tc.code)
			}
			if err != nil && !strings.Contains(err.Error(), tc.advice) {
				t.Errorf("%s: %q does not say %q", tc.why, err, tc.advice)
			}
			if err != nil && strings.Contains(err.Error(), "ghp_") {
				t.Errorf("the error gives a token away: %v", err)
			}
		})
	}
}

// TestRotation: a rotated secret counts without a restart.
func TestRotation(t *testing.T) {
	w := newWorld(t)
	w.github.AddToken("ghp_old", "bot", github.AllRights())
	w.putSecret(t, "github", "ghp_old")
	if err := w.resolve(t, inSecret("github")); err != nil {
		t.Fatal(err)
	}
	w.github.RevokeToken("ghp_old")
	w.github.AddToken("ghp_new", "bot", github.AllRights())
	w.putSecret(t, "github", "ghp_new")
	if err := w.resolve(t, inSecret("github")); err != nil {
		t.Errorf("after the rotation: %v", err)
	}
}

func TestExternalID(t *testing.T) {
	cases := map[string]struct {
		why        string
		externalID string
		trust      string
		code       fault.Code
	}{
		"Default": {why: "the namespace's own is presented by itself", trust: "prod/team"},
		"Own":     {why: "it may be spelled out", externalID: "prod/team", trust: "prod/team"},
		"Agreed":  {why: "an account's owner may ask for any other, and the operator lists it", externalID: "agreed-secret", trust: "agreed-secret"},
		"NotAgreed": {
			why: "any other is refused, whoever's it is", externalID: "some-secret", trust: "some-secret", code: fault.CodeInvalidConfiguration,
		},
		"OfAnotherCluster": {why: "another cluster's is not this one's", externalID: "stage/team", trust: "stage/team", code: fault.CodeInvalidConfiguration},
		"AgreedForAnother": {why: "what is listed is listed for one namespace", externalID: "others-secret", trust: "others-secret", code: fault.CodeInvalidConfiguration},
		"WithinItsOwn":     {why: "a longer one is another", externalID: "prod/team/x", trust: "prod/team/x", code: fault.CodeInvalidConfiguration},
		"Anothers":         {why: "another namespace's is refused before AWS is asked", externalID: "prod/other", trust: "prod/other", code: fault.CodeInvalidConfiguration},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.access.RoleARN, w.access.ExternalID = role, tc.externalID
			w.aws.Trust(role, tc.trust)
			table, err := w.resolver.Table(t.Context(), namespace, w.access, "locks")
			if err == nil {
				err = table.CheckTable(t.Context())
			}
			if got := fault.CodeOf(err); got != tc.code || (err == nil) != (tc.code == "") {
				t.Errorf("%s: got code %q of %v, want %q", tc.why, got, err, tc.code)
			}
		})
	}
}

// Without a role AWS is called as the manager, who may do what the roles of all namespaces may.
func TestOwnIdentityNeedsTheList(t *testing.T) {
	w := newWorld(t)
	w.access.RoleARN = ""
	if _, err := w.resolver.Table(t.Context(), namespace, w.access, "locks"); err != nil {
		t.Errorf("the operator lists it: %v", err)
	}
	for name, call := range map[string]func() error{
		"table": func() error { _, err := w.resolver.Table(t.Context(), "other", w.access, "locks"); return err },
		"topic": func() error {
			_, err := w.resolver.Notifier(t.Context(), "other", w.access, &v1alpha1.NotificationRule{Type: v1alpha1.NotificationSNS, TopicARN: "arn:aws:sns:eu-central-1:111122223333:x"})
			return err
		},
	} {
		if err := call(); fault.CodeOf(err) != fault.CodeInvalidConfiguration {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestEndpointsNeedTheAllowList(t *testing.T) {
	w := newWorld(t)
	w.access.EndpointURL = "http://169.254.169.254"
	if _, err := w.resolver.Table(t.Context(), namespace, w.access, "locks"); fault.CodeOf(err) != fault.CodeEndpointNotAllowed {
		t.Errorf("an object may send AWS requests anywhere: %v", err)
	}
	_, err := w.resolver.Forge(t.Context(), namespace, "http://evil.example/api/v3", inSecret("github"), w.access)
	if fault.CodeOf(err) != fault.CodeEndpointNotAllowed {
		t.Errorf("an object may send the token anywhere: %v", err)
	}
}

func TestNotifier(t *testing.T) {
	const topic, queue = "arn:aws:sns:eu-west-1:000000000000:topic", "https://sqs.eu-west-1.amazonaws.com/000000000000/dead-letters"
	w := newWorld(t)
	for name, c := range map[string]struct {
		why  string
		rule v1alpha1.NotificationRule
		ok   bool
	}{
		"topic":        {"", v1alpha1.NotificationRule{Type: v1alpha1.NotificationSNS, TopicARN: topic}, true},
		"queue":        {"", v1alpha1.NotificationRule{Type: v1alpha1.NotificationSQS, QueueURL: queue}, true},
		"other ARN":    {"it is no topic", v1alpha1.NotificationRule{Type: v1alpha1.NotificationSNS, TopicARN: "arn:aws:s3:::bucket"}, false},
		"no URL":       {"it names no server", v1alpha1.NotificationRule{Type: v1alpha1.NotificationSQS, QueueURL: "dead-letters"}, false},
		"other's":      {"the type decides, never the address' form", v1alpha1.NotificationRule{Type: v1alpha1.NotificationSQS, TopicARN: topic}, false},
		"unknown type": {"a newer version's", v1alpha1.NotificationRule{Type: "Pager", QueueURL: queue}, false},
	} {
		_, err := w.resolver.Notifier(t.Context(), namespace, w.access, &c.rule)
		if c.ok != (err == nil) || !c.ok && fault.CodeOf(err) != fault.CodeInvalidConfiguration {
			t.Errorf("%s: %s: %v", name, c.why, err)
		}
	}
}
