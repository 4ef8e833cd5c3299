// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// place is where a request went.
type place struct {
	region, account string
	keys            string // the partition key of tables
}

func (p place) arn(service, rest string) string {
	return "arn:aws:" + service + ":" + p.region + ":" + p.account + ":" + rest
}

// accesses find what a request of a service asks for.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
var accesses = map[string]func(place, *http.Request, []byte) ([]Access, error){
	DynamoDB:       dynamoDBAccesses,
	CodeBuild:      codeBuildAccesses,
	S3:             s3Accesses,
	SecretsManager: secretsManagerAccesses,
	SNS:            snsAccesses,
	SQS:            sqsAccesses,
	CloudWatch:     cloudWatchAccesses,
	STS:            stsAccesses,
}

var errUnknownOperation = errors.New("the operation is not one that this project uses")

// target is the operation in the header of the JSON protocols.
func target(r *http.Request) string {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	return operation
}

type row = map[string]struct{ S string }

// dynamoDBAccesses: a transaction is no action of its own; its parts are.
func dynamoDBAccesses(p place, r *http.Request, body []byte) ([]Access, error) {
	operation := target(r)
	type part struct {
		TableName string
		Key, Item row
	}
	var in struct {
		part
		RequestItems  map[string]struct{ Keys []row }
		TransactItems []map[string]part
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	access := func(operation, table string, rows ...row) Access {
		a := Access{Action: "dynamodb:" + operation, Resource: p.arn("dynamodb", "table/"+table)}
		for _, key := range rows {
			if a.Context == nil {
				a.Context = map[string][]string{}
			}
			a.Context["dynamodb:LeadingKeys"] = append(a.Context["dynamodb:LeadingKeys"], key[p.keys].S)
		}
		return a
	}
	switch operation {
	case "DescribeTable", "DescribeTimeToLive":
		return []Access{access(operation, in.TableName)}, nil
	case "GetItem", "UpdateItem", "DeleteItem":
		return []Access{access(operation, in.TableName, in.Key)}, nil
	case "PutItem":
		return []Access{access(operation, in.TableName, in.Item)}, nil
	case "BatchGetItem":
		var all []Access
		for table, request := range in.RequestItems {
			all = append(all, access(operation, table, request.Keys...))
		}
		return all, nil
	case "TransactWriteItems":
		return transactAccesses(in.TransactItems, func(operation string, p part) Access {
			key := p.Key
			if key == nil {
				key = p.Item
			}
			return access(operation, p.TableName, key)
		}), nil
	}
	return nil, fmt.Errorf("%s: %w", operation, errUnknownOperation)
}

func transactAccesses[P any](items []map[string]P, access func(string, P) Access) []Access {
	actions := map[string]string{"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
	var all []Access
	for _, item := range items {
		for kind, p := range item {
			all = append(all, access(actions[kind], p))
		}
	}
	return all
}

// codeBuildAccesses: a build's permissions are its project's.
func codeBuildAccesses(p place, r *http.Request, body []byte) ([]Access, error) {
	operation := target(r)
	var in map[string]any
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	project := func(name string) Access {
		return Access{Action: "codebuild:" + operation, Resource: p.arn("codebuild", "project/"+name)}
	}
	ofBuild := func(id string) Access {
		name, _, _ := strings.Cut(id, ":")
		return project(name)
	}
	each := func(field string, one func(string) Access) ([]Access, error) {
		var all []Access
		names, _ := in[field].([]any)
		for _, name := range names {
			all = append(all, one(fmt.Sprint(name)))
		}
		return all, nil
	}
	switch operation {
	case "StartBuild":
		a := project(fmt.Sprint(in["projectName"]))
		a.Context = map[string][]string{}
		for field, key := range map[string]string{
			"buildspecOverride": "codebuild:source.buildspec", "sourceLocationOverride": "codebuild:source.location",
			"imageOverride": "codebuild:environment.image", "serviceRoleOverride": "codebuild:serviceRole",
		} {
			if value, ok := in[field]; ok {
				a.Context[key] = []string{fmt.Sprint(value)}
			}
		}
		return []Access{a}, nil
	case "ListBuildsForProject":
		return []Access{project(fmt.Sprint(in["projectName"]))}, nil
	case "BatchGetProjects":
		return each("names", project)
	case "BatchGetBuilds":
		return each("ids", ofBuild)
	case "StopBuild":
		return []Access{ofBuild(fmt.Sprint(in["id"]))}, nil
	}
	return nil, fmt.Errorf("%s: %w", operation, errUnknownOperation)
}

// s3Accesses reads paths of the form /bucket/key.
func s3Accesses(_ place, r *http.Request, _ []byte) ([]Access, error) {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch {
	case r.Method == http.MethodPut && key != "":
		return []Access{{Action: "s3:PutObject", Resource: "arn:aws:s3:::" + bucket + "/" + key}}, nil
	case r.Method == http.MethodHead && key == "":
		return []Access{{Action: "s3:ListBucket", Resource: "arn:aws:s3:::" + bucket}}, nil
	}
	return nil, fmt.Errorf("%s %s: %w", r.Method, r.URL.Path, errUnknownOperation)
}

func secretsManagerAccesses(p place, r *http.Request, body []byte) ([]Access, error) {
	var in struct {
		SecretID string `json:"SecretId"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	operation := target(r)
	if operation != "GetSecretValue" && operation != "DescribeSecret" {
		return nil, fmt.Errorf("%s: %w", operation, errUnknownOperation)
	}
	resource := in.SecretID
	if !strings.HasPrefix(resource, "arn:") {
		resource = p.arn("secretsmanager", "secret:"+resource)
	}
	return []Access{{Action: "secretsmanager:" + operation, Resource: resource}}, nil
}

func snsAccesses(_ place, _ *http.Request, body []byte) ([]Access, error) {
	form, err := url.ParseQuery(string(body))
	operation := form.Get("Action")
	if err != nil || operation != "Publish" && operation != "GetTopicAttributes" {
		return nil, fmt.Errorf("%s: %w", operation, errUnknownOperation)
	}
	return []Access{{Action: "sns:" + operation, Resource: form.Get("TopicArn")}}, nil
}

// sqsAccesses: a queue's URL is https://sqs.<region>.amazonaws.com/<account>/<name>.
func sqsAccesses(p place, r *http.Request, body []byte) ([]Access, error) {
	var in struct {
		QueueURL string `json:"QueueUrl"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	queue, err := url.Parse(in.QueueURL)
	operation := target(r)
	if err != nil || operation != "SendMessage" && operation != "GetQueueAttributes" {
		return nil, fmt.Errorf("%s: %w", operation, errUnknownOperation)
	}
	_, name, _ := strings.Cut(strings.TrimPrefix(queue.Path, "/"), "/")
	return []Access{{Action: "sqs:" + operation, Resource: p.arn("sqs", name)}}, nil
}

func cloudWatchAccesses(_ place, r *http.Request, body []byte) ([]Access, error) {
	if !strings.HasSuffix(r.URL.Path, "/operation/PutMetricData") {
		return nil, fmt.Errorf("%s: %w", r.URL.Path, errUnknownOperation)
	}
	if r.Header.Get("Content-Encoding") == "gzip" {
		unzipped, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return nil, err
		}
		if body, err = io.ReadAll(io.LimitReader(unzipped, maxBody)); err != nil {
			return nil, err
		}
	}
	var in struct {
		Namespace string `cbor:"Namespace"`
	}
	if err := cbor.Unmarshal(body, &in); err != nil {
		return nil, err
	}
	return []Access{{Action: "cloudwatch:PutMetricData", Resource: "*", Context: map[string][]string{"cloudwatch:namespace": {in.Namespace}}}}, nil
}

func stsAccesses(_ place, _ *http.Request, body []byte) ([]Access, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	switch form.Get("Action") {
	case "GetCallerIdentity": // everybody may
		return nil, nil
	case "AssumeRole":
		a := Access{Action: "sts:AssumeRole", Resource: form.Get("RoleArn"), Context: map[string][]string{}}
		if id := form.Get("ExternalId"); id != "" {
			a.Context["sts:ExternalId"] = []string{id}
		}
		return []Access{a}, nil
	}
	return nil, fmt.Errorf("%s: %w", form.Get("Action"), errUnknownOperation)
}
