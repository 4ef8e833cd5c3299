// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package cloudformation

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
)

// creators make the resources of a type.
var creators = map[string]func(s *stack, id string, p properties) (attributes, error){
	"AWS::DynamoDB::Table":        createTable,
	"AWS::S3::Bucket":             createBucket,
	"AWS::CodeBuild::Project":     createProject,
	"AWS::SecretsManager::Secret": createSecret,
	"AWS::SNS::Topic":             createTopic,
	"AWS::SQS::Queue":             createQueue,
	"AWS::IAM::Role":              createRole,
	"AWS::IAM::Policy":            createPolicy,
	"AWS::IAM::ManagedPolicy":     createManagedPolicy,

	// These are names only: nothing that runs here asks for more.
	"AWS::KMS::Key":                    createKey,
	"AWS::KMS::Alias":                  named("kms", "", "AliasName", ""),
	"AWS::ECR::Repository":             named("ecr", "repository/", "RepositoryName", "Arn"),
	"AWS::Logs::LogGroup":              named("logs", "log-group:", "LogGroupName", "Arn"),
	"AWS::Events::Rule":                named("events", "rule/", "Name", "Arn"),
	"AWS::CloudWatch::Alarm":           named("cloudwatch", "alarm:", "AlarmName", "Arn"),
	"AWS::EKS::PodIdentityAssociation": named("eks", "podidentityassociation/", "", ""),
	"AWS::CloudWatch::CompositeAlarm":  named("cloudwatch", "alarm:", "AlarmName", "Arn"),
	"AWS::CloudWatch::Dashboard":       named("cloudwatch", "dashboard/", "DashboardName", ""),
	"AWS::SNS::TopicPolicy":            resourcePolicy("Topics", "AWS::SNS::Topic"),
	"AWS::SNS::Subscription":           named("sns", "", "", ""),
	"AWS::SQS::QueuePolicy":            resourcePolicy("Queues", "AWS::SQS::Queue"),
	"AWS::S3::BucketPolicy":            resourcePolicy("Bucket", "AWS::S3::Bucket"),
	"AWS::Budgets::Budget":             named("budgets", "", "", ""),
	"AWS::CE::AnomalyMonitor":          named("ce", "anomalymonitor/", "", ""),
	"AWS::CE::AnomalySubscription":     named("ce", "anomalysubscription/", "", ""),
	"AWS::Backup::BackupVault":         named("backup", "backup-vault:", "BackupVaultName", "BackupVaultName"),
	"AWS::Backup::BackupPlan":          named("backup", "backup-plan:", "", "BackupPlanId"),
	"AWS::Backup::BackupSelection":     named("backup", "", "", ""),
}

func (s *stack) arn(service, rest string) string {
	return "arn:aws:" + service + ":" + s.account.options.Region + ":" + s.account.options.ID + ":" + rest
}

// named makes a resource that is a name alone: the property, or what CloudFormation would make up.
func named(service, prefix, property, attribute string) func(*stack, string, properties) (attributes, error) {
	return func(s *stack, id string, p properties) (attributes, error) {
		name := p.text(property)
		if name == "" {
			name = s.name + "-" + id
		}
		made := attributes{"Ref": name}
		switch attribute {
		case "":
		case "Arn":
			made["Arn"] = s.arn(service, prefix+name)
		default:
			made[attribute] = name
		}
		return made, nil
	}
}

var errKey = errors.New("the emulator has tables with one key, a text")

func createTable(s *stack, _ string, p properties) (attributes, error) {
	if err := p.known("TableName", "KeySchema", "AttributeDefinitions", "BillingMode", "TimeToLiveSpecification", "SSESpecification",
		"PointInTimeRecoverySpecification", "ContributorInsightsSpecification", "DeletionProtectionEnabled", "Tags"); err != nil {
		return nil, err
	}
	name, keys, definitions := p.text("TableName"), p.list("KeySchema"), p.list("AttributeDefinitions")
	if len(keys) != 1 || keys[0].text("KeyType") != "HASH" || len(definitions) != 1 || definitions[0].text("AttributeType") != "S" ||
		definitions[0].text("AttributeName") != keys[0].text("AttributeName") || p.text("BillingMode") != "PAY_PER_REQUEST" {
		return nil, errKey
	}
	ttl := ""
	if t := p.part("TimeToLiveSpecification"); t["Enabled"] == true {
		ttl = t.text("AttributeName")
	}
	if tables := s.account.options.Tables; tables != nil {
		if err := tables.CreateTable(name, keys[0].text("AttributeName"), ttl); err != nil {
			return nil, err
		}
	}
	return attributes{"Ref": name, "Arn": s.arn("dynamodb", "table/"+name)}, nil
}

func createBucket(s *stack, id string, p properties) (attributes, error) {
	name := p.text("BucketName")
	if name == "" {
		name = s.name + "-" + lower(id)
	}
	if buckets := s.account.options.Buckets; buckets != nil {
		if err := buckets.CreateBucket(name); err != nil {
			return nil, err
		}
	}
	arn := "arn:aws:s3:::" + name
	if err := s.encryptBucket(name, arn, p); err != nil {
		return nil, err
	}
	return attributes{"Ref": name, "Arn": arn}, nil
}

// encryptBucket sets what the bucket's objects are encrypted with by default.
func (s *stack) encryptBucket(name, arn string, p properties) error {
	rules := p.part("BucketEncryption").list("ServerSideEncryptionConfiguration")
	if len(rules) == 0 {
		return nil
	}
	rule := rules[0].part("ServerSideEncryptionByDefault")
	switch rule.text("SSEAlgorithm") {
	case "AES256":
	case "aws:kms":
		key := rule.text("KMSMasterKeyID")
		s.account.keys[arn] = key
		if buckets := s.account.options.Buckets; buckets != nil {
			buckets.SetDefaultKey(name, key)
		}
	default:
		return fmt.Errorf("objects encrypted with %q are not known here", rule.text("SSEAlgorithm"))
	}
	return nil
}

// createProject takes what the emulator can do and refuses what it cannot; image, size, logs and network have no meaning on one
// machine.
func createProject(s *stack, _ string, p properties) (attributes, error) {
	if err := p.known("Name", "Description", "ServiceRole", "Source", "Artifacts", "Cache", "Environment", "TimeoutInMinutes",
		"QueuedTimeoutInMinutes", "AutoRetryLimit", "ConcurrentBuildLimit", "BadgeEnabled", "LogsConfig", "VpcConfig", "Tags"); err != nil {
		return nil, err
	}
	source, environment := p.part("Source"), p.part("Environment")
	if source.text("Type") != "NO_SOURCE" || p.part("Artifacts").text("Type") != "NO_ARTIFACTS" || p.part("Cache").text("Type") != "NO_CACHE" {
		return nil, errors.New("the emulator has projects without source, artifacts and cache")
	}
	role := p.text("ServiceRole")
	if s.account.roles[role] == nil {
		return nil, fmt.Errorf("the service role %q is not one that was made", role)
	}
	project := codebuild.Project{Name: p.text("Name"), Buildspec: source.text("BuildSpec"), Variables: map[string]string{}}
	for _, v := range environment.list("EnvironmentVariables") {
		project.Variables[v.text("Name")] = v.text("Value")
	}
	for _, number := range []struct {
		property string
		into     *int
	}{
		{"TimeoutInMinutes", &project.TimeoutMinutes},
		{"QueuedTimeoutInMinutes", &project.QueuedTimeoutMinutes},
		{"AutoRetryLimit", &project.AutoRetryLimit},
		{"ConcurrentBuildLimit", &project.ConcurrentBuildLimit},
	} {
		text := p.text(number.property)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", number.property, err)
		}
		*number.into = n
	}
	if s.account.options.BuildEnv != nil {
		project.Env = s.account.options.BuildEnv(role)
	}
	if builds := s.account.options.Builds; builds != nil {
		if err := builds.PutProject(project); err != nil {
			return nil, err
		}
	}
	return attributes{"Ref": project.Name, "Arn": s.arn("codebuild", "project/"+project.Name)}, nil
}

// createSecret makes a secret without a value. The emulator's is empty, and its ARN is the one that it keeps.
func createSecret(s *stack, _ string, p properties) (attributes, error) {
	if err := p.known("Name", "Description", "KmsKeyId", "Tags"); err != nil {
		return nil, err
	}
	arn := s.arn("secretsmanager", "secret:"+p.text("Name")+"-AbCdEf")
	if secrets := s.account.options.Secrets; secrets != nil {
		arn = secrets.Put(p.text("Name"), "")
	}
	s.account.keys[arn] = p.text("KmsKeyId")
	return attributes{"Ref": arn}, nil
}

func createTopic(s *stack, _ string, p properties) (attributes, error) {
	arn := s.arn("sns", p.text("TopicName"))
	if topics := s.account.options.Topics; topics != nil {
		topics.CreateTopic(arn)
	}
	s.account.keys[arn] = p.text("KmsMasterKeyId")
	return attributes{"Ref": arn, "TopicName": p.text("TopicName")}, nil
}

func createQueue(s *stack, _ string, p properties) (attributes, error) {
	name := p.text("QueueName")
	url := "https://sqs." + s.account.options.Region + ".amazonaws.com/" + s.account.options.ID + "/" + name
	if queues := s.account.options.Queues; queues != nil {
		queues.CreateQueue(url)
	}
	return attributes{"Ref": url, "Arn": s.arn("sqs", name), "QueueName": name}, nil
}

// properties are a resource's, resolved.
type properties map[string]any

func (p properties) known(names ...string) error {
	for name := range p {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the property %s is not known here", name)
		}
	}
	return nil
}

// text is a property as a text; empty if it is absent.
func (p properties) text(name string) string {
	if v, ok := p[name]; ok {
		return fmt.Sprint(v)
	}
	return ""
}

func (p properties) part(name string) properties {
	part, _ := p[name].(map[string]any)
	return part
}

func (p properties) list(name string) []properties {
	values, _ := p[name].([]any)
	parts := make([]properties, len(values))
	for i, v := range values {
		part, _ := v.(map[string]any)
		parts[i] = part
	}
	return parts
}
