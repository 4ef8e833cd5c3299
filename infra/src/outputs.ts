// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws } from 'aws-cdk-lib';
import { ManagerIdentity } from './constructs/manager-identity';
import { Data } from './data';
import { Settings } from './defaults';

// What a person goes on with, as values of outputs: nobody has to copy a name or an ARN.

/** A WorkEnvironment that uses what was made. */
export function workEnvironment(s: Settings, data: Data, compute: { project: string; role: string }): string {
  const lines = [
    'apiVersion: kiro-worker.io/v1alpha1',
    'kind: WorkEnvironment',
    'metadata:',
    `  name: ${s.tier}`,
    `  namespace: ${s.manager.namespaces[0]}`,
    'spec:',
    `  tier: ${s.tier}`,
    '  aws:',
    `    region: ${Aws.REGION}`,
    `    roleARN: ${compute.role}`,
    `    externalID: ${s.manager.cluster}/${s.manager.namespaces[0]}`,
    '  lock:',
    `    tableName: ${data.tableName}`,
    ...(data.tableRegion ? [`    region: ${data.tableRegion}`] : []),
    '  codeBuild:',
    `    projectName: ${compute.project}`,
    `    timeout: ${s.codeBuild.timeoutMinutes}m`,
    `    queuedTimeout: ${s.codeBuild.queuedTimeoutMinutes}m`,
    `  concurrency: ${s.concurrency}`,
    '  credentials:',
    `    githubTokenSecretARN: ${data.githubSecretArn}`,
    ...(data.gitSecretArn ? [`    gitSecretARN: ${data.gitSecretArn}`] : []),
    ...(data.agentSecretArn ? [`    agentSecretARN: ${data.agentSecretArn}`] : []),
    ...(s.secrets.secretEnv.length > 0
      ? ['  gates:', '    secretEnv:', ...s.secrets.secretEnv.flatMap((n) => [`      - name: ${n.name}`, `        secretARN: ${n.secretARN}`])]
      : []),
    '  artifacts:',
    `    bucket: ${data.bucketName}`,
    ...(s.artifacts.encryption === 'KMS' ? [`    kmsKeyARN: ${data.keyArn}`] : []),
    '  notifications:',
    '    - name: items',
    '      type: SNS',
    `      topicARN: ${data.itemsTopicArn}`,
    '      "on": [Succeeded, Failed, Cancelled]',
    `  deadLetterQueueURL: ${data.deadLettersUrl}`,
  ];
  return lines.join('\n') + '\n';
}

/** Values of the manager's Helm chart. */
export function helmValues(s: Settings, manager: ManagerIdentity): string {
  const identity = s.manager.identity;
  const lines = [`clusterName: ${s.manager.cluster}`];
  if (identity.type !== 'principal') {
    lines.push('serviceAccount:', `  name: ${identity.serviceAccount}`);
  }
  if (identity.type === 'irsa') {
    lines.push(`  roleARN: ${manager.arn}`);
  }
  return lines.join('\n') + '\n';
}
