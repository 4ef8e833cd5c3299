// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { RemovalPolicy } from 'aws-cdk-lib';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Construct } from 'constructs';
import { acknowledge } from '../nag';
import { Settings } from '../defaults';

/**
 * The table of the locks. Its TTL attribute is deleteAt, which is set at release only: were it expiresAt, DynamoDB would delete
 * the row of a running build.
 */
export class LockTable extends Construct {
  readonly table: dynamodb.Table;

  constructor(scope: Construct, id: string, s: Settings) {
    super(scope, id);
    this.table = new dynamodb.Table(this, 'Table', {
      tableName: s.lockTable.name,
      partitionKey: { name: 'lockKey', type: dynamodb.AttributeType.STRING },
      billingMode: dynamodb.BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'deleteAt',
      encryption: dynamodb.TableEncryption.AWS_MANAGED,
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: s.lockTable.pointInTimeRecovery },
      contributorInsightsSpecification: { enabled: s.lockTable.contributorInsights },
      deletionProtection: s.lockTable.deletionProtection,
      removalPolicy: s.tier === 'test' ? RemovalPolicy.DESTROY : RemovalPolicy.RETAIN,
    });
    if (!s.lockTable.pointInTimeRecovery) {
      acknowledge(this.table, 'AwsSolutions-DDB3', `lockTable.pointInTimeRecovery is off in ${s.tier}: an empty table is a good table once no build runs.`);
    }
  }
}
