// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/cloudformation"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/permissions"
)

// The demo runs on what infra/templates makes, with the roles of its programs: a permission that is missing there is missing here.
// Names and ARNs come from the stacks' outputs alone.

const (
	// managerARN is the user that the manager runs as, as the templates' parameter says.
	managerARN = "arn:aws:iam::" + account + ":user/kiro-local"
	managerKey = "AKIAKIROLOCALMANAGER"
	noSecret   = "not-a-secret-of-anybody"
)

// stack is what a deployment's outputs say.
type stack struct {
	account     *cloudformation.Account
	calls       *permissions.Recorder
	environment v1alpha1.WorkEnvironment
	projects    int
	// operatorPolicyARN is the managed policy of people with kubectl workitem.
	operatorPolicyARN string
}

// newEndpoint returns the emulated AWS, on which the roles of the stack decide every call.
func (s *System) newEndpoint() *aws.Endpoint {
	s.stack.account = cloudformation.New(cloudformation.Options{
		ID: account, Region: region,
		Tables: s.servers.tables, Buckets: s.servers.bucket, Builds: s.servers.builds,
		Secrets: s.servers.secrets, Topics: s.servers.topics, Queues: s.servers.queues,
		BuildEnv: s.buildEnv,
	})
	s.stack.calls = permissions.NewRecorder()
	s.servers.endpoint = aws.New(aws.Options{Account: account, AccessKeys: []string{managerKey}, KeyOf: s.stack.account.KeyOf,
		Authorize: s.stack.calls.Record(s.stack.account.Authorize)})
	s.servers.endpoint.AllowKeyOf(managerKey, managerARN)
	return s.servers.endpoint
}

// deploy makes the stacks of the tier test.
func (s *System) deploy() error {
	data, err := s.repositoryFile("infra", "templates", "test", "data.yaml")
	if err != nil {
		return err
	}
	parameters := map[string]string{"ManagerPrincipalARN": managerARN}
	if _, err := s.stack.account.Deploy("kiro-worker-test-data", []byte(data), parameters); err != nil {
		return fmt.Errorf("deploying infra/templates: %w", err)
	}
	s.stack.environment, err = s.deployCompute("blue")
	return err
}

// deployCompute makes a compute stack and returns the environment that it offers. The template of green is that of blue under
// another name; the tests of infra hold that it is.
func (s *System) deployCompute(colour string) (v1alpha1.WorkEnvironment, error) {
	var environment v1alpha1.WorkEnvironment
	template, err := s.repositoryFile("infra", "templates", "test", "blue.yaml")
	if err != nil {
		return environment, err
	}
	template = strings.ReplaceAll(template, "blue", colour)
	outputs, err := s.stack.account.Deploy("kiro-worker-test-"+colour, []byte(template), nil)
	if err != nil {
		return environment, fmt.Errorf("deploying infra/templates: %w", err)
	}
	s.stack.operatorPolicyARN = outputs["OperatorPolicyARN"]
	if err := yaml.UnmarshalStrict([]byte(outputs["WorkEnvironment"]), &environment); err != nil {
		return environment, fmt.Errorf("reading the stack's WorkEnvironment: %w", err)
	}
	return environment, nil
}

// Move deploys another compute stack and moves the environments to it, as docs/deployment says, whatever runs.
func (s *System) Move(ctx context.Context, colour string) error {
	next, err := s.deployCompute(colour)
	if err != nil {
		return err
	}
	names := []string{environmentName}
	if s.goCache != "" {
		names = append(names, goEnvironmentName)
	}
	for _, name := range names {
		environment := &v1alpha1.WorkEnvironment{}
		if err := s.Client.Get(ctx, client.ObjectKey{Namespace: s.namespace(), Name: name}, environment); err != nil {
			return fmt.Errorf("reading the environment: %w", err)
		}
		base := environment.DeepCopy()
		environment.Spec.AWS.RoleARN = next.Spec.AWS.RoleARN
		environment.Spec.CodeBuild.ProjectName = next.Spec.CodeBuild.ProjectName
		if err := s.Client.Patch(ctx, environment, client.MergeFrom(base)); err != nil {
			return fmt.Errorf("moving the environment: %w", err)
		}
	}
	return nil
}

// Builds are the builds that ran, oldest first.
func (s *System) Builds() []codebuild.Build { return s.servers.builds.Builds() }

// putSecrets does what a person does after a deployment: the values go into the secrets that it made.
func (s *System) putSecrets() {
	credentials := s.stack.environment.Spec.Credentials
	s.servers.secrets.Put(secretName(credentials.GitHubTokenSecretARN), s.token)
	s.servers.secrets.Put(secretName(credentials.AgentSecretARN), s.agentKey())
}

// secretName is the name in a secret's ARN, which ends in six characters more.
func secretName(arn string) string {
	_, name, _ := strings.Cut(arn, ":secret:")
	return name[:max(0, strings.LastIndex(name, "-"))]
}

// buildEnv is what a container of a build has besides its variables: the credentials are the service role's.
func (s *System) buildEnv(serviceRoleARN string) map[string]string {
	s.stack.projects++
	buildKey := fmt.Sprintf("AKIAKIROLOCALBUILD%d", s.stack.projects)
	s.servers.endpoint.AllowKeyOf(buildKey, serviceRoleARN)
	env := map[string]string{
		"PATH":                  s.options.Bin + string(os.PathListSeparator) + os.Getenv("PATH"),
		"AWS_ENDPOINT_URL":      s.AWSURL,
		"AWS_ACCESS_KEY_ID":     buildKey,
		"AWS_SECRET_ACCESS_KEY": noSecret,
		"AWS_REGION":            region, "AWS_EC2_METADATA_DISABLED": "true",
		"LOG_LEVEL": s.options.LogLevel,
	}
	maps.Copy(env, s.options.BuildEnv)
	return env
}

// Calls are the calls of AWS that the programs made.
func (s *System) Calls() []permissions.Call { return s.stack.calls.Calls() }

// bucket is the name of the artifacts' bucket.
func (s *System) bucket() string { return s.stack.environment.Spec.Artifacts.Bucket }

// LockRows are the statuses of the slot and branch rows.
func (s *System) LockRows() (map[string]contract.RowStatus, error) {
	return s.servers.lockRows(s.stack.environment.Spec.Lock.TableName)
}
