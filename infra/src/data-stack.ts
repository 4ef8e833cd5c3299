// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws, CfnOutput, Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { ArtifactsBucket } from './constructs/artifacts-bucket';
import { Budget } from './constructs/budget';
import { BuildSecrets } from './constructs/build-secrets';
import { DataKey } from './constructs/data-key';
import { DeadLetters } from './constructs/dead-letters';
import { ImageRepository } from './constructs/image-repository';
import { LockTable } from './constructs/lock-table';
import { ManagerIdentity } from './constructs/manager-identity';
import { TableBackup } from './constructs/table-backup';
import { Topics } from './constructs/topics';
import { Data } from './data';
import { Settings } from './defaults';
import { bucketArn, bucketName } from './names';
import { helmValues } from './outputs';

/** What must survive: locks, artifacts, secrets, confirmed subscriptions, the manager's identity. Compute comes and goes on top. */
export class DataStack extends Stack {
  readonly data: Data;

  constructor(scope: Construct, id: string, s: Settings, all: Settings[], props: StackProps) {
    super(scope, id, props);
    const key = new DataKey(this, 'DataKey', s).key;
    const table = this.table(s, all, key);
    new ArtifactsBucket(this, 'Artifacts', s, key);
    const secrets = new BuildSecrets(this, 'Secrets', s, key);
    const topics = new Topics(this, 'Topics', s, key);
    const deadLetters = new DeadLetters(this, 'DeadLetters', s).queue;
    const images = new ImageRepository(this, 'Images', s).repository;
    const manager = new ManagerIdentity(this, 'Manager', s);
    if (s.budget) {
      new Budget(this, 'Budget', s, s.budget, topics.alarms);
    }
    this.data = {
      ...table,
      bucketName: bucketName(s),
      bucketArn: bucketArn(s),
      keyArn: key.keyArn,
      secretArns: secrets.arns,
      githubSecretArn: secrets.github,
      gitSecretArn: secrets.git,
      agentSecretArn: secrets.agent,
      itemsTopicArn: topics.items.topicArn,
      alarmsTopicArn: topics.alarms.topicArn,
      escalationTopicArn: topics.escalation.topicArn,
      deadLettersArn: deadLetters.queueArn,
      deadLettersName: deadLetters.queueName,
      deadLettersUrl: deadLetters.queueUrl,
      managerArn: manager.arn,
      imageRepositoryArn: images.repositoryArn,
      imageRepositoryUri: images.repositoryUri,
    };
    new CfnOutput(this, 'GitHubSecretARN', { value: secrets.github, description: 'Put the token or App key of GitHub here' });
    if (secrets.agent) {
      new CfnOutput(this, 'AgentSecretARN', { value: secrets.agent, description: "Put the agent's key here" });
    }
    new CfnOutput(this, 'ImageRepository', { value: images.repositoryUri, description: 'Push the image of the builds here' });
    new CfnOutput(this, 'HelmValues', { value: helmValues(s, manager), description: "Values of the manager's Helm chart" });
  }

  private table(s: Settings, all: Settings[], key: DataKey['key']): Pick<Data, 'tableName' | 'tableArn' | 'tableRegion'> {
    const from = s.lockTable.from;
    if (from) {
      const owner = all.find((o) => o.tier === from.tier);
      const tableName = owner?.lockTable.name ?? s.lockTable.name;
      const region = from.region ?? owner?.region;
      return {
        tableName,
        tableArn: `arn:${Aws.PARTITION}:dynamodb:${region ?? Aws.REGION}:${Aws.ACCOUNT_ID}:table/${tableName}`,
        tableRegion: region,
      };
    }
    const { table } = new LockTable(this, 'Locks', s);
    if (s.lockTable.dailyBackups) {
      new TableBackup(this, 'Backup', s, table, key);
    }
    return { tableName: table.tableName, tableArn: table.tableArn };
  }
}
