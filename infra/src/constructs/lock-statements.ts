// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import * as iam from 'aws-cdk-lib/aws-iam';

// Permissions on the lock table. TransactWriteItems is no action of IAM: the actions of its parts govern it.

const keyCondition = (keys: string[]) => ({
  'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys },
  // ForAllValues is true of a request without keys as well.
  Null: { 'dynamodb:LeadingKeys': 'false' },
});

/** The keys of one or more projects' slots (a `*` in the ARN is a wildcard), and of every branch. */
export const lockKeys = (projectArn: string): string[] => [`slot#${projectArn}#*`, 'branch#*'];

/** The same, and of every card's record of what was processed. */
export const lockAndCardKeys = (projectArn: string): string[] => [...lockKeys(projectArn), 'card#*'];

/** The same, and of every budget and count of triggers: a controller's alone. */
export const lockCardAndBudgetKeys = (projectArn: string): string[] => [...lockAndCardKeys(projectArn), 'budget#*'];

/** What a holder of a lock does: claim, renew, release. */
export const holdLocks = ['GetItem', 'UpdateItem', 'ConditionCheckItem'];

/** What a controller and a person do besides: looking at many rows. */
export const readLocks = [...holdLocks, 'BatchGetItem'];

/** Reading and writing rows. */
export const lockRows = (tableArn: string, keys: string[], operations: string[]): iam.PolicyStatement =>
  new iam.PolicyStatement({
    sid: 'LockRows',
    actions: operations.map((o) => `dynamodb:${o}`),
    resources: [tableArn],
    conditions: keyCondition(keys),
  });

/** Looking whether the table is as it should be. */
export const lockTable = (tableArn: string): iam.PolicyStatement =>
  new iam.PolicyStatement({
    sid: 'LockTable',
    actions: ['dynamodb:DescribeTable', 'dynamodb:DescribeTimeToLive'],
    resources: [tableArn],
  });

/** Decrypting what one service keeps under the tier's key, and only through that service. */
export const useKey = (sid: string, keyArn: string, service: string, region: string, actions: string[]): iam.PolicyStatement =>
  useKeys(sid, [keyArn], service, region, actions);

/** The same, under one of several keys. */
export const useKeys = (sid: string, keyArns: string[], service: string, region: string, actions: string[]): iam.PolicyStatement =>
  new iam.PolicyStatement({
    sid,
    actions,
    resources: keyArns,
    conditions: { StringEquals: { 'kms:ViaService': `${service}.${region}.amazonaws.com` } },
  });
