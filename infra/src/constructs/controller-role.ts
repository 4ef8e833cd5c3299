// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../nag';
import { metricsNamespace, projectArn, roleName } from '../names';
import { Colour, Settings } from '../defaults';
import { lockCardAndBudgetKeys, lockRows, lockTable, readLocks, useKey } from './lock-statements';
import { Data } from '../data';

/** The role that the manager assumes for the environments of this tier. */
export class ControllerRole extends Construct {
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, s: Settings, colour: Colour, data: Data) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      roleName: roleName(s, colour, 'controller'),
      description: `Kiro Worker's controller, ${s.tier}: locks, builds, notifications`,
      assumedBy: this.trust(s, data.managerArn),
    });
    for (const statement of statements(s, colour, data)) {
      this.role.addToPolicy(statement);
    }
    acknowledgeWildcards(this.role, [
      [projectArn(s, '*'), "The tier's projects, blue and green: while an environment moves, the builds of both are watched and stopped."],
      ['*', 'A Deny: what it forbids is forbidden everywhere. cloudwatch:PutMetricData, bounded by its namespace, knows no resource.'],
    ]);
  }

  /** The manager, in the name of a namespace that may use this tier: the external id is <cluster>/<namespace>. */
  private trust(s: Settings, managerArn: string): iam.IPrincipal {
    const externalIds = s.manager.namespaces.map((n) => `${s.manager.cluster}/${n}`);
    const principal = new iam.ArnPrincipal(managerArn).withConditions({ StringEquals: { 'sts:ExternalId': externalIds } });
    // The tags of a session of EKS Pod Identity go along to the next role.
    return s.manager.identity.type === 'podIdentity' ? principal.withSessionTags() : principal;
  }
}

export function statements(s: Settings, colour: Colour, data: Data): iam.PolicyStatement[] {
  const own = projectArn(s, colour);
  const tier = projectArn(s, '*');
  return [
    // A branch's old lock may belong to the tier's other project: it is reclaimed in the same way.
    lockRows(data.tableArn, lockCardAndBudgetKeys(tier), readLocks),
    lockTable(data.tableArn),
    new iam.PolicyStatement({
      sid: 'StartBuilds',
      actions: ['codebuild:StartBuild'],
      resources: [own],
    }),
    // What a build is and what it runs is the project's to say.
    ...['codebuild:source.buildspec', 'codebuild:source.location', 'codebuild:environment.image', 'codebuild:serviceRole'].map(
      (key, i) =>
        new iam.PolicyStatement({
          sid: `NoOverride${i}`,
          effect: iam.Effect.DENY,
          actions: ['codebuild:StartBuild'],
          resources: ['*'],
          conditions: { Null: { [key]: 'false' } },
        }),
    ),
    new iam.PolicyStatement({
      sid: 'WatchBuilds',
      actions: ['codebuild:StopBuild', 'codebuild:BatchGetBuilds', 'codebuild:ListBuildsForProject', 'codebuild:BatchGetProjects'],
      resources: [tier],
    }),
    new iam.PolicyStatement({ sid: 'FindBucket', actions: ['s3:ListBucket'], resources: [data.bucketArn] }),
    new iam.PolicyStatement({ sid: 'ReadGitHubSecret', actions: ['secretsmanager:GetSecretValue'], resources: [data.secretArns[0]!] }),
    new iam.PolicyStatement({ sid: 'FindSecrets', actions: ['secretsmanager:DescribeSecret'], resources: [...data.secretArns, ...new Set(s.secrets.secretEnv.map((n) => n.secretARN))] }),
    useKey('DecryptSecret', data.keyArn, 'secretsmanager', Aws.REGION, ['kms:Decrypt']),
    new iam.PolicyStatement({ sid: 'Notify', actions: ['sns:Publish', 'sns:GetTopicAttributes'], resources: [data.itemsTopicArn] }),
    useKey('EncryptNotifications', data.keyArn, 'sns', Aws.REGION, ['kms:Decrypt', 'kms:GenerateDataKey']),
    new iam.PolicyStatement({ sid: 'DeadLetters', actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'], resources: [data.deadLettersArn] }),
    new iam.PolicyStatement({
      sid: 'Metrics',
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': metricsNamespace } },
    }),
  ];
}
