// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package infra proves that the policies of infra/templates allow what the programs call, and nothing else.
//
// What the programs call comes from two places: testdata/calls.json, which the demo records (test/e2e holds it up to date), and the
// calls that a demo does not come to, which TestRareCalls has the product's own packages make, each as its role.
package infra

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/credentials"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/local/cloudformation"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sns"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sqs"
	"github.com/kiro-worker/kiro-worker/internal/local/iam"
	"github.com/kiro-worker/kiro-worker/internal/local/permissions"
)

const (
	account    = "000000000000"
	region     = "eu-central-1"
	managerARN = "arn:aws:iam::" + account + ":user/kiro-local" // as in the demo
	personARN  = "arn:aws:iam::" + account + ":user/person-operator"

	managerKey, buildKey, personKey, strangerKey = "AKIDMANAGER", "AKIDBUILD", "AKIDPERSON", "AKIDSTRANGER"
)

var tiers = []string{"test", "staging", "production"}

func template(t testing.TB, tier, stack string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "infra", "templates", tier, stack+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// deploy deploys a tier and returns its outputs and its environment.
func deploy(t testing.TB, a *cloudformation.Account, tier string) (map[string]string, v1alpha1.WorkEnvironment) {
	t.Helper()
	parameters := map[string]string{"ManagerPrincipalARN": managerARN}
	if _, err := a.Deploy("kiro-worker-"+tier+"-data", template(t, tier, "data"), parameters); err != nil {
		t.Fatal(err)
	}
	outputs, err := a.Deploy("kiro-worker-"+tier+"-blue", template(t, tier, "blue"), nil)
	if err != nil {
		t.Fatal(err)
	}
	var environment v1alpha1.WorkEnvironment
	if err := yaml.UnmarshalStrict([]byte(outputs["WorkEnvironment"]), &environment); err != nil {
		t.Fatalf("the output WorkEnvironment is none: %v", err)
	}
	return outputs, environment
}

// policiesOf are the policies of a tier's roles, by caller.
func policiesOf(t testing.TB, tier string) permissions.Policies {
	t.Helper()
	a := cloudformation.New(cloudformation.Options{ID: account, Region: region})
	deploy(t, a, tier)
	prefix := "kiro-worker-" + tier + "-blue-"
	p := permissions.Policies{}
	for _, role := range a.Roles() {
		if caller, ok := strings.CutPrefix(role.Name, prefix); ok {
			p[caller] = role.Policies
		}
	}
	for _, policy := range a.ManagedPolicies() {
		if caller, ok := strings.CutPrefix(policy.Name, prefix); ok {
			p[caller] = policy.Policies
		}
	}
	for _, caller := range []string{permissions.Controller, permissions.Build, permissions.Operator} {
		if len(p[caller]) == 0 {
			t.Fatalf("the tier %s has no policy for the %s", tier, caller)
		}
	}
	return p
}

// world is a deployed tier on the emulators.
type world struct {
	tier        string
	account     *cloudformation.Account
	builds      *codebuild.Server
	tables      *dynamodb.Emulator
	secrets     *secretsmanager.Emulator
	endpoint    *aws.Endpoint
	recorder    *permissions.Recorder
	keys        map[string]string // of what the stacks did not make: the KMS key by the resource's ARN
	url         string
	environment v1alpha1.WorkEnvironment
	outputs     map[string]string
}

// newWorld deploys a tier. Its roles decide every call, if that is wished; otherwise every call is allowed and only recorded.
func newWorld(t *testing.T, tier string, decide bool) *world {
	t.Helper()
	builds, err := codebuild.New(codebuild.Options{DataDir: t.TempDir(), Region: region, Account: account})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(builds.Close)
	tables := dynamodb.New(dynamodb.Options{Region: region, Account: account})
	buckets, topics, queues := s3.New(s3.Options{}), sns.New(sns.Options{}), sqs.New(sqs.Options{})
	w := &world{
		tier:     tier,
		builds:   builds,
		tables:   tables,
		secrets:  secretsmanager.New(secretsmanager.Options{Region: region, Account: account}),
		recorder: permissions.NewRecorder(),
		keys:     map[string]string{},
	}
	w.account = cloudformation.New(cloudformation.Options{
		ID: account, Region: region, Tables: tables, Buckets: buckets, Builds: builds, Secrets: w.secrets, Topics: topics, Queues: queues,
	})
	authorize := w.account.Authorize
	if !decide {
		authorize = func(aws.Call) string { return "" }
	}
	w.endpoint = aws.New(aws.Options{
		Account: account, AccessKeys: []string{managerKey}, Authorize: w.recorder.Record(authorize), KeyOf: func(arn string) string {
			if key, ok := w.keys[arn]; ok {
				return key
			}
			return w.account.KeyOf(arn)
		},
	})
	w.endpoint.Handle(aws.DynamoDB, tables, dynamodb.WriteError)
	w.endpoint.Handle(aws.CodeBuild, builds, nil)
	w.endpoint.Handle(aws.SecretsManager, w.secrets, nil)
	w.endpoint.Handle(aws.S3, buckets, s3.WriteError)
	w.endpoint.Handle(aws.SNS, topics, sns.WriteError)
	w.endpoint.Handle(aws.SQS, queues, sqs.WriteError)
	server := httptest.NewServer(w.endpoint)
	t.Cleanup(server.Close)
	w.url = server.URL

	w.outputs, w.environment = deploy(t, w.account, tier)
	if err := w.account.AddUser(personARN, w.outputs["OperatorPolicyARN"]); err != nil {
		t.Fatal(err)
	}
	w.endpoint.AllowKeyOf(managerKey, managerARN)
	w.endpoint.AllowKeyOf(buildKey, w.outputs["BuildRoleARN"])
	w.endpoint.AllowKeyOf(personKey, personARN)
	w.endpoint.AllowKeyOf(strangerKey, "arn:aws:iam::"+account+":user/stranger")
	return w
}

// as are the clients of who has an access key.
func (w *world) as(key string) *awsapi.Clients {
	return awsapi.New(awsapi.Options{AllowedEndpoints: []string{w.url}, Credentials: credentials.NewStaticCredentialsProvider(key, "SECRET", "")})
}

// target is where the environment says that AWS is, and as whom; without a role it is the caller itself.
func (w *world) target(role bool) awsapi.Target {
	spec := w.environment.Spec.AWS
	target := awsapi.Target{Region: spec.Region, EndpointURL: w.url}
	if role {
		target.RoleARN, target.ExternalID = spec.RoleARN, spec.ExternalID
	}
	return target
}

// recorded are the calls that the demo made, as a tier's programs would make them.
func recorded(t testing.TB, tier string) []permissions.Call {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "calls.json"))
	if err != nil {
		t.Fatal(err)
	}
	calls, err := permissions.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return inTier(calls, tier)
}

// inTier changes the names of the tier test to those of another.
func inTier(calls []permissions.Call, tier string) []permissions.Call {
	rename := strings.NewReplacer("kiro-worker-test", "kiro-worker-"+tier, "/test/", "/"+tier+"/").Replace
	var all []permissions.Call
	for _, c := range calls {
		c.Resource = rename(c.Resource)
		context := map[string][]string{}
		for key, values := range c.Context {
			for _, v := range values {
				context[key] = append(context[key], rename(v))
			}
		}
		c.Context = context
		all = append(all, c)
	}
	return all
}

// without takes an action out of one statement of a caller's policies.
func without(p permissions.Policies, caller, sid, action string) permissions.Policies {
	changed := permissions.Policies{}
	for who, documents := range p {
		for _, d := range documents {
			var kept iam.Document
			for _, s := range d.Statements {
				if who == caller && s.Sid == sid {
					var actions []string
					for _, a := range s.Actions {
						if a != action {
							actions = append(actions, a)
						}
					}
					s.Actions = actions
				}
				if len(s.Actions) > 0 {
					kept.Statements = append(kept.Statements, s)
				}
			}
			changed[who] = append(changed[who], kept)
		}
	}
	return changed
}

func headBucket(w *world) *awss3.HeadBucketInput {
	return &awss3.HeadBucketInput{Bucket: &w.environment.Spec.Artifacts.Bucket}
}
