// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as backup from 'aws-cdk-lib/aws-backup';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { acknowledge } from '../nag';
import { Settings } from '../defaults';

/** Daily backups of the lock table, kept for 35 days, apart from the table: they survive its deletion. */
export class TableBackup extends Construct {
  constructor(scope: Construct, id: string, s: Settings, table: dynamodb.ITable, key: kms.IKey) {
    super(scope, id);
    const vault = new backup.BackupVault(this, 'Vault', {
      backupVaultName: `${s.project}-${s.tier}-locks`,
      encryptionKey: key,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    const plan = new backup.BackupPlan(this, 'Plan', {
      backupPlanName: `${s.project}-${s.tier}-locks`,
      backupVault: vault,
      backupPlanRules: [
        new backup.BackupPlanRule({
          ruleName: 'daily',
          scheduleExpression: events.Schedule.cron({ hour: '3', minute: '0' }),
          deleteAfter: Duration.days(35),
        }),
      ],
    });
    const role = new iam.Role(this, 'Role', {
      description: 'AWS Backup, for the lock table',
      assumedBy: new iam.ServicePrincipal('backup.amazonaws.com'),
      managedPolicies: ['AWSBackupServiceRolePolicyForBackup', 'AWSBackupServiceRolePolicyForRestores'].map((name) =>
        iam.ManagedPolicy.fromAwsManagedPolicyName(`service-role/${name}`),
      ),
    });
    for (const name of ['Backup', 'Restores']) {
      acknowledge(
        role,
        `AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSBackupServiceRolePolicyFor${name}]`,
        'AWS Backup documents this policy of its own as what its role needs; it changes with the service.',
      );
    }
    plan.addSelection('Table', { resources: [backup.BackupResource.fromDynamoDbTable(table)], role, disableDefaultBackupPolicy: true });
  }
}
