// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package team gives a test a namespace in which everything is as it should be: an environment, a source and its secret, and
// what they name at the emulators. It creates none of the objects, so that a test can spoil them before.
package team

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
)

// What the objects name.
const (
	Cluster       = "prod"
	Account       = "000000000000"
	Role          = "arn:aws:iam::000000000000:role/kiro-worker"
	Token         = "ghp_test"
	TopicARN      = "arn:aws:sns:eu-central-1:000000000000:team"
	QueueURL      = "https://sqs.eu-central-1.amazonaws.com/000000000000/team"
	DeadLetterURL = "https://sqs.eu-central-1.amazonaws.com/000000000000/dead"
)

// Team is a namespace's objects, and what they name.
type Team struct {
	Cloud *cloud.Cloud
	// ProjectID is the board's.
	ProjectID   string
	Environment *v1alpha1.WorkEnvironment
	Source      *v1alpha1.WorkSource
	Secret      *corev1.Secret
}

// New starts the emulators, with what the options have beside what a team needs. The manager's credentials are in the
// process' environment until the test ends.
func New(t *testing.T, namespace string, o cloud.Options) *Team {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMANAGER")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	o.AccessKeys, o.Account = []string{"AKIAMANAGER"}, Account
	o.GitHub, o.Users = true, map[string]string{Token: "bot"}
	o.Tables, o.Buckets = []string{"locks"}, []string{"artifacts"}
	o.Builds, o.Projects = true, []codebuild.Project{{Name: "builds", Buildspec: "version: 0.2\n"}}
	o.Topics, o.Queues = []string{TopicARN}, []string{QueueURL, DeadLetterURL}
	c := cloud.New(t, o)
	c.AWS.Trust(Role, Cluster+"/"+namespace)
	if err := c.GitHub.CreateRepository("acme/app", "main", github.Files{"README.md": []byte("hello\n")}); err != nil {
		t.Fatal(err)
	}
	_, projectID := c.GitHub.CreateProject(github.Project{Owner: "acme", Title: "Roadmap", StatusOptions: []string{"Ready", "In Progress", "Done"}})
	return &Team{
		Cloud: c, ProjectID: projectID, Environment: environment(namespace, c), Source: source(namespace, c),
		Secret: &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "github"}, Data: map[string][]byte{"token": []byte(Token)}},
	}
}

func environment(namespace string, c *cloud.Cloud) *v1alpha1.WorkEnvironment {
	return &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "staging"},
		Spec: v1alpha1.WorkEnvironmentSpec{
			AWS:       v1alpha1.AWSAccess{Region: "eu-central-1", RoleARN: Role, EndpointURL: c.AWSURL},
			Lock:      v1alpha1.LockTable{TableName: "locks"},
			CodeBuild: v1alpha1.CodeBuildProject{ProjectName: "builds"},
			Credentials: v1alpha1.BuildCredentials{
				GitHubTokenSecretARN: c.SecretsManager.Put("github", Token), AgentSecretARN: c.SecretsManager.Put("agent", "key"),
			},
			Artifacts: v1alpha1.Artifacts{Bucket: "artifacts"},
			Notifications: []v1alpha1.NotificationRule{
				{Name: "people", Type: v1alpha1.NotificationSNS, TopicARN: TopicARN}, {Name: "machines", Type: v1alpha1.NotificationSQS, QueueURL: QueueURL},
			},
			DeadLetterQueueURL: DeadLetterURL,
		},
	}
}

func source(namespace string, c *cloud.Cloud) *v1alpha1.WorkSource {
	return &v1alpha1.WorkSource{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "board"},
		Spec: v1alpha1.WorkSourceSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "staging"},
			GitHub: v1alpha1.GitHubSource{
				Owner: "acme", ProjectNumber: 1, APIURL: c.GitHub.APIURL(), ReadyStatus: "Ready", Repositories: []string{"acme/app"},
				Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
			},
		},
	}
}
