// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"fmt"
	"net/url"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/notify/sns"
	"github.com/kiro-worker/kiro-worker/internal/notify/sqs"
)

// Notifier returns what sends by a notification rule, in the region that the rule's address names.
func (r *Resolver) Notifier(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Notifier, error) {
	target, err := r.destination(namespace, aws, rule)
	if err != nil {
		return nil, err
	}
	if rule.Type == v1alpha1.NotificationSNS {
		api, err := r.options.AWS.SNS(ctx, target)
		if err != nil {
			return nil, err
		}
		return sns.New(api, rule.TopicARN), nil
	}
	api, err := r.options.AWS.SQS(ctx, target)
	if err != nil {
		return nil, err
	}
	return sqs.New(api, rule.QueueURL), nil
}

// NotificationChecker returns what looks whether the destination of a notification rule is there.
func (r *Resolver) NotificationChecker(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Checker, error) {
	target, err := r.destination(namespace, aws, rule)
	if err != nil {
		return nil, err
	}
	if rule.Type == v1alpha1.NotificationSNS {
		api, err := r.options.AWS.TopicDescriber(ctx, target)
		if err != nil {
			return nil, err
		}
		return sns.NewChecker(api, rule.TopicARN), nil
	}
	api, err := r.options.AWS.QueueDescriber(ctx, target)
	if err != nil {
		return nil, err
	}
	return sqs.NewChecker(api, rule.QueueURL), nil
}

// destination is where and as whom the address of a rule is called: in the region that it names.
func (r *Resolver) destination(namespace string, aws v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (awsapi.Target, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return awsapi.Target{}, err
	}
	switch rule.Type {
	case v1alpha1.NotificationSNS:
		topic, err := arn.Parse(rule.TopicARN)
		if err != nil || topic.Service != "sns" {
			return awsapi.Target{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("%q is not the ARN of an SNS topic; correct topicARN", rule.TopicARN))
		}
		target.Region = topic.Region
		return target, nil
	case v1alpha1.NotificationSQS:
		queue, err := url.Parse(rule.QueueURL)
		if err != nil || queue.Host == "" {
			return awsapi.Target{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("%q is not the URL of an SQS queue; correct it", rule.QueueURL))
		}
		if m := queueHost.FindStringSubmatch(queue.Hostname()); m != nil {
			target.Region = m[1]
		}
		return target, nil
	}
	return awsapi.Target{}, fault.NewTerminal(fault.CodeInvalidConfiguration,
		fmt.Errorf("this version knows no notifications of type %q; use SNS or SQS", rule.Type))
}

// queueHost is the host of a queue's URL, which names its region.
var queueHost = regexp.MustCompile(`^sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$`)
