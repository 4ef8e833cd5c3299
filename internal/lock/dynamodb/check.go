// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// CheckTable implements lock.Reader.
func (t *Table) CheckTable(ctx context.Context) error {
	out, err := t.api.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(t.name)})
	if err != nil {
		return fmt.Errorf("checking the lock table: %w", t.classify(err))
	}
	if out.Table == nil {
		return fault.NewRetryable(fault.CodeInvalidAnswer, errors.New(
			"checking the lock table: the answer describes no table; check the endpoint and proxies on the way"))
	}
	if err := checkKey(t.name, out.Table); err != nil {
		return err
	}
	if err := checkStatus(t.name, out.Table.TableStatus); err != nil {
		return err
	}
	if err := checkReplicas(t.name, out.Table); err != nil {
		return err
	}
	ttl, err := t.api.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(t.name)})
	if err != nil {
		return fmt.Errorf("checking the lock table's time to live: %w", t.classify(err))
	}
	return checkTTL(t.name, ttl.TimeToLiveDescription)
}

func checkKey(table string, d *types.TableDescription) error {
	name, isText := "", false
	if len(d.KeySchema) > 0 {
		name = aws.ToString(d.KeySchema[0].AttributeName)
	}
	for _, a := range d.AttributeDefinitions {
		isText = isText || aws.ToString(a.AttributeName) == name && a.AttributeType == types.ScalarAttributeTypeS
	}
	if len(d.KeySchema) == 1 && name == contract.AttrLockKey && isText {
		return nil
	}
	return misconfigured("table %s has another key than a lock table; "+
		"name a table whose only key is the partition key %q of type String", table, contract.AttrLockKey)
}

// checkReplicas refuses a global table. With eventual consistency each region decides conditions over its own rows, so two builds
// would hold one lock; with strong consistency there are neither transactions, which every operation here is, nor time to live.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
func checkReplicas(table string, d *types.TableDescription) error {
	var regions []string
	for _, r := range d.Replicas {
		regions = append(regions, aws.ToString(r.RegionName))
	}
	slices.Sort(regions)
	switch {
	case len(regions) == 0:
		return nil
	case d.MultiRegionConsistency == types.MultiRegionConsistencyStrong:
		return misconfigured("table %s is a global table with strong consistency (%s), which has no transactions; "+
			"name a table of one region, and give environments elsewhere its lock.region", table, strings.Join(regions, ", "))
	default:
		return misconfigured("table %s is a global table with eventual consistency (%s): two regions could both win one lock; "+
			"name a table of one region, and give environments elsewhere its lock.region", table, strings.Join(regions, ", "))
	}
}

func checkStatus(table string, status types.TableStatus) error {
	switch status {
	case types.TableStatusActive, types.TableStatusUpdating:
		return nil
	case types.TableStatusCreating:
		return fault.NewWait(0, fault.CodeInvalidConfiguration, fmt.Errorf("table %s is still being created", table))
	default:
		return misconfigured("table %s is %s; restore it, or name another table", table, status)
	}
}

// checkTTL refuses what would lose rows. A table without time to live only grows: that is refused too, because
// nobody would notice for a year.
func checkTTL(table string, d *types.TimeToLiveDescription) error {
	if d == nil {
		return fault.NewRetryable(fault.CodeInvalidAnswer, errors.New(
			"the answer does not describe the lock table's time to live; check the endpoint and proxies on the way"))
	}
	name := aws.ToString(d.AttributeName)
	on := d.TimeToLiveStatus == types.TimeToLiveStatusEnabled || d.TimeToLiveStatus == types.TimeToLiveStatusEnabling
	switch {
	case on && name == contract.TTLAttribute:
		return nil
	case on && name == contract.AttrExpiresAt:
		return misconfigured("table %s has its time to live on %q, so DynamoDB would delete the rows of running builds; "+
			"disable it and enable it on %q", table, name, contract.TTLAttribute)
	case on:
		return misconfigured("table %s has its time to live on %q; disable it and enable it on %q",
			table, name, contract.TTLAttribute)
	default:
		return misconfigured("table %s has no time to live, so it would grow for ever; enable it on %q",
			table, contract.TTLAttribute)
	}
}

func misconfigured(format string, args ...any) error {
	return fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(format, args...))
}
