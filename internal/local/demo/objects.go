// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Names of what the demo makes.
const (
	// Namespace of the objects.
	Namespace = "demo"
	// LockTable is the DynamoDB table of the locks.
	LockTable = "kiro-worker-locks"
	// Bucket is the S3 bucket of the artifacts.
	Bucket = "kiro-worker-artifacts"
	// Repository that the cards are about.
	Repository = "acme/shop"

	// powerRepository is the Kiro Power, and steeringFile what it brings into a checkout.
	powerRepository = "acme/shop-conventions"
	steeringFile    = ".kiro/steering/testing.md"

	owner           = "acme"
	boardTitle      = "Shop"
	branchField     = "Branch"
	sourceName      = "shop-board"
	environmentName = "local"
	projectName     = "kiro-worker"
	region          = "eu-central-1"
	account         = "000000000000"
	clusterName     = "kiro-local"

	tokenSecretName = "kiro-worker/github"
	agentSecretName = "kiro-worker/agent"
	kubeSecretName  = "github"
)

// newClient returns a client for the three kinds.
func newClient(config *rest.Config) (client.Client, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("building the scheme: %w", err)
		}
	}
	c, err := client.New(config, client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("making a client for the API server: %w", err)
	}
	return c, nil
}

// writeKubeconfig writes a kubeconfig whose namespace is the demo's, so that a plain `kubectl get workitems` works.
func writeKubeconfig(path string, text []byte) error {
	config, err := clientcmd.Load(text)
	if err != nil {
		return fmt.Errorf("reading the API server's kubeconfig: %w", err)
	}
	for _, c := range config.Contexts {
		c.Namespace = Namespace
	}
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", err)
	}
	return nil
}

// createObjects makes what a team's administrator would make, once everything that it names is there.
func (s *System) createObjects(ctx context.Context) error {
	environment, err := s.environment()
	if err != nil {
		return err
	}
	objects := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: kubeSecretName, Namespace: Namespace},
			StringData: map[string]string{"token": s.token},
		},
		environment,
		s.source(),
	}
	for _, o := range objects {
		if err := s.Client.Create(ctx, o); err != nil {
			return fmt.Errorf("creating %T %s: %w", o, o.GetName(), err)
		}
	}
	return nil
}

func (s *System) environment() (*v1alpha1.WorkEnvironment, error) {
	agent := v1alpha1.Agent{
		Preset:  v1alpha1.AgentCommand,
		Command: []string{s.program("kiro-local"), "stand-in-agent", "{{.SpecPath}}", "{{.TaskID}}"},
	}
	if s.options.Agent == AgentKiro {
		agent = v1alpha1.Agent{Preset: v1alpha1.AgentKiro}
	}
	cache, err := npmCache()
	if err != nil {
		return nil, err
	}
	return &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Name: environmentName, Namespace: Namespace},
		Spec: v1alpha1.WorkEnvironmentSpec{
			Tier: v1alpha1.TierTest,
			AWS:  v1alpha1.AWSAccess{Region: region, RoleARN: roleARN, EndpointURL: s.AWSURL},
			Lock: v1alpha1.LockTable{TableName: LockTable},
			CodeBuild: v1alpha1.CodeBuildProject{
				ProjectName: projectName, Timeout: &metav1.Duration{Duration: 30 * time.Minute},
			},
			Concurrency: ptr.To[int32](2),
			Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: s.tokenARN, AgentSecretARN: s.agentARN},
			GitHub:      v1alpha1.GitHubAPI{APIURL: s.GitHub.APIURL()},
			Gates: v1alpha1.Gates{
				CoverageThreshold: ptr.To[v1alpha1.Percentage](80),
				TestCommand:       "npm test",
				SetupCommand:      setupCommand(cache),
				TestResults:       []string{"test-results.tap"},
			},
			Steering:  &v1alpha1.Steering{Source: s.GitHubURL + "/" + powerRepository + ".git"},
			Agent:     agent,
			Artifacts: v1alpha1.Artifacts{Bucket: Bucket},
		},
	}, nil
}

func (s *System) source() *v1alpha1.WorkSource {
	return &v1alpha1.WorkSource{
		ObjectMeta: metav1.ObjectMeta{Name: sourceName, Namespace: Namespace},
		Spec: v1alpha1.WorkSourceSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: environmentName},
			// The shortest that there is: a person who puts a card on the board is watching.
			Interval: &metav1.Duration{Duration: 15 * time.Second},
			GitHub: v1alpha1.GitHubSource{
				Owner: owner, ProjectNumber: s.boardNumber, APIURL: s.GitHub.APIURL(),
				Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: kubeSecretName}},
			},
			Branch:    v1alpha1.BranchRule{From: v1alpha1.BranchFromProjectField, Field: branchField},
			WriteBack: &v1alpha1.WriteBack{Started: columnProgress, Succeeded: columnReview, Failed: columnBlocked},
		},
	}
}

// agentKey is the agent's key, for a real agent.
func (s *System) agentKey() string {
	if s.options.Agent != AgentKiro {
		return ""
	}
	return os.Getenv("KIRO_API_KEY")
}
