// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

// awsFlags say how the person reaches AWS. The credentials are the person's own, found as the AWS CLI finds them; region
// and role are the environment's.
type awsFlags struct {
	endpoint   string
	role       string
	roleGiven  bool
	externalID string
	cluster    string

	clients *awsapi.Clients
}

func (f *awsFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.role, "role-arn", "", "IAM role to assume, instead of the environment's. An empty one (--role-arn=) assumes none.")
	flags.StringVar(&f.externalID, "external-id", "", "External id for assuming the role. Default: the environment's, or CLUSTER-NAME/NAMESPACE.")
	flags.StringVar(&f.cluster, "cluster-name", "", "The manager's --cluster-name, from which the default external id is made.")
	flags.StringVar(&f.endpoint, "endpoint-url", "", "Address of a server to use instead of AWS. Your requests go there only if you name it here.")
}

// table returns the lock table of a place.
func (f *awsFlags) table(ctx context.Context, p lockPlace) (lock.Table, error) {
	target, err := f.target(p.namespace, p.aws, p.tableRegion)
	if err != nil {
		return nil, err
	}
	api, err := f.made().DynamoDB(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("reaching the lock table: %w", err)
	}
	return dynamodb.New(api, p.tableName), nil
}

// builds returns CodeBuild in a build's own region, as far as the credentials reach.
func (f *awsFlags) builds(ctx context.Context, p lockPlace, buildARN string) (build.Observer, error) {
	region := p.aws.Region
	if b, ok := parseBuild(buildARN); ok {
		region = b.region
	}
	target, err := f.target(p.namespace, p.aws, region)
	if err != nil {
		return nil, err
	}
	api, err := f.made().CodeBuild(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	return codebuild.New(api), nil
}

func (f *awsFlags) made() *awsapi.Clients {
	if f.clients == nil {
		options := awsapi.Options{SessionName: "kubectl-workitem", UserAgent: "kubectl-workitem/" + version}
		if f.endpoint != "" {
			options.AllowedEndpoints = []string{f.endpoint}
		}
		f.clients = awsapi.New(options)
	}
	return f.clients
}

// target is where, and as which role, AWS is called. An address that only an object names is refused: whoever may write an
// environment could have the person's requests sent anywhere.
func (f *awsFlags) target(namespace string, aws v1alpha1.AWSAccess, region string) (awsapi.Target, error) {
	if f.endpoint != "" {
		if err := awsapi.CheckEndpoint(f.endpoint); err != nil {
			return awsapi.Target{}, misused("--endpoint-url: %w", err)
		}
	} else if aws.EndpointURL != "" {
		return awsapi.Target{}, misused("the environment names %s instead of AWS; if you trust that address with your credentials, "+
			"give --endpoint-url %s", aws.EndpointURL, quoted(aws.EndpointURL))
	}
	t := awsapi.Target{Region: region, RoleARN: aws.RoleARN, EndpointURL: f.endpoint}
	if f.roleGiven {
		t.RoleARN = f.role
	}
	switch {
	case t.RoleARN == "":
	case f.externalID != "":
		t.ExternalID = f.externalID
	case aws.ExternalID != "":
		t.ExternalID = aws.ExternalID
	case f.cluster == "" || f.cluster == "default":
		// No cluster is called that: a guess would only have AWS refuse the role, without a reason.
		return awsapi.Target{}, misused("the role %s asks for an external id: give --cluster-name NAME, as the manager has it, "+
			"or --external-id ID, or --role-arn= to use your own credentials", t.RoleARN)
	default:
		t.ExternalID = f.cluster + "/" + namespace
	}
	return t, nil
}

// builtAt is the parts of a build's ARN.
type builtAt struct {
	region, account, id string
}

// buildForm is how CodeBuild writes the ARN of a build. A row's build is what some build wrote there, and ends up in an
// address and in commands that people copy: nothing else may.
var buildForm = regexp.MustCompile(
	`^arn:aws[a-z-]{0,20}:codebuild:([a-z]{2,4}(?:-[a-z]+){1,3}-[0-9]):([0-9]{12}):build/([A-Za-z0-9][A-Za-z0-9_-]{1,149}:[A-Za-z0-9-]{1,64})$`)

func parseBuild(arn string) (builtAt, bool) {
	m := buildForm.FindStringSubmatch(arn)
	if m == nil {
		return builtAt{}, false
	}
	return builtAt{region: m[1], account: m[2], id: m[3]}, true
}

// buildName is a build's short name in its ARN; what is no ARN stays as it is.
func buildName(arn string) string {
	if b, ok := parseBuild(arn); ok {
		return b.id
	}
	return arn
}

// accountOf is the account in an ARN; empty if it is none.
func accountOf(arn string) string {
	if parts := strings.SplitN(arn, ":", 6); len(parts) == 6 && parts[0] == "arn" {
		return parts[4]
	}
	return ""
}

// awsCommand is what a person can type to do something with a build.
func awsCommand(verb, buildARN string) string {
	b, ok := parseBuild(buildARN)
	if !ok {
		return "aws codebuild " + verb
	}
	option := "--id"
	if strings.HasPrefix(verb, "batch-") {
		option = "--ids"
	}
	return fmt.Sprintf("aws codebuild %s %s %s --region %s", verb, option, b.id, b.region)
}

// quoted is a text as one word for a shell: branches and addresses may contain what a shell would run.
func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }
