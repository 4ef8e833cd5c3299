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
	// Repository that the cards are about.
	Repository = "acme/shop"

	// goRepository is one of another kind, which one card is about.
	goRepository      = "acme/rates"
	goEnvironmentName = "local-go"
	goSourceName      = "rates-board"

	// powerRepository is the Kiro Power, and steeringFile what it brings into a checkout.
	powerRepository = "acme/shop-conventions"
	steeringFile    = ".kiro/steering/testing.md"

	owner           = "acme"
	boardTitle      = "Shop"
	branchField     = "Branch"
	sourceName      = "shop-board"
	environmentName = "local"
	region          = "eu-central-1"
	account         = "000000000000"
	clusterName     = "kiro-local"

	kubeSecretName = "github"

	// The environment's budget of a month.
	monthlyBuilds  = 1000
	monthlyMinutes = 30000
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
	var objects []client.Object
	if s.options.Cluster == nil {
		objects = append(objects, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: s.namespace()}})
	}
	objects = append(objects,
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: kubeSecretName, Namespace: s.namespace()},
			StringData: map[string]string{"token": s.token},
		},
		environment,
		s.source(sourceName, environmentName, Repository),
	)
	if s.goCache != "" {
		objects = append(objects, s.goEnvironment(environment), s.source(goSourceName, goEnvironmentName, goRepository))
	}
	for _, o := range objects {
		if err := s.put(ctx, o); err != nil {
			return fmt.Errorf("creating %T %s: %w", o, o.GetName(), err)
		}
	}
	return nil
}

func (s *System) environment() (*v1alpha1.WorkEnvironment, error) {
	agent := v1alpha1.Agent{
		Preset:  v1alpha1.AgentCommand,
		Command: []string{s.program("kiro-local"), "stand-in-agent", "{{.SpecPath}}", "{{.TaskID}}", "{{.Prompt}}"},
	}
	if s.options.Agent == AgentKiro {
		agent = v1alpha1.Agent{Preset: v1alpha1.AgentKiro}
	}
	cache, err := npmCache()
	if err != nil {
		return nil, err
	}
	// What the stack says; and beside it, what is the sample repository's and what only this machine needs.
	environment := s.stack.environment.DeepCopy()
	environment.Name, environment.Namespace = environmentName, s.namespace()
	spec := &environment.Spec
	spec.AWS.EndpointURL = s.AWSURL
	spec.CodeBuild.Timeout = &metav1.Duration{Duration: 30 * time.Minute}
	spec.GitHub = v1alpha1.GitHubAPI{APIURL: s.GitHub.APIURL()}
	spec.Gates = v1alpha1.Gates{
		CoverageThreshold: ptr.To[v1alpha1.Percentage](80),
		TestCommand:       "npm test",
		SetupCommand:      setupCommand(cache),
		TestResults:       []string{"test-results.tap"},
	}
	spec.Steering = &v1alpha1.Steering{Source: s.GitHubURL + "/" + powerRepository + ".git"}
	// One round shows it, and is soon over.
	agent.Repair = v1alpha1.Repair{Rounds: ptr.To[int32](1)}
	spec.Agent = agent
	// Far above what a demo uses: the environment's status then says what that is.
	spec.Budget = &v1alpha1.Budget{PerMonth: &v1alpha1.BudgetAmounts{Builds: ptr.To[int32](monthlyBuilds), Minutes: ptr.To[int32](monthlyMinutes)}}
	return environment, nil
}

// source takes the cards of one repository from the board.
func (s *System) source(name, environment, repository string) *v1alpha1.WorkSource {
	return &v1alpha1.WorkSource{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: s.namespace()},
		Spec: v1alpha1.WorkSourceSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: environment},
			// The shortest that there is: a person who puts a card on the board is watching.
			Interval: &metav1.Duration{Duration: 15 * time.Second},
			GitHub: v1alpha1.GitHubSource{
				Owner: owner, ProjectNumber: s.boardNumber, APIURL: s.GitHub.APIURL(), Repositories: []string{repository},
				Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: kubeSecretName}},
			},
			Branch:    v1alpha1.BranchRule{From: v1alpha1.BranchFromProjectField, Field: branchField},
			WriteBack: &v1alpha1.WriteBack{Started: columnProgress, Succeeded: columnReview, Failed: columnBlocked},
		},
	}
}

// agentKey is the agent's key. The stand-in needs none; it is given one all the same, as every agent is.
func (s *System) agentKey() string {
	if s.options.Agent != AgentKiro {
		return "stand-in-agent-needs-no-key"
	}
	return os.Getenv("KIRO_API_KEY")
}
