// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Match } from 'aws-cdk-lib/assertions';
import { infraDir } from '../src/config';
import { stacks, statement } from './helpers';

// What the tests of the stacks do not look at by itself: one construct a case.
describe('the construct', () => {
  const { data, blue } = stacks('production');

  it('DataKey rotates its key, and outlives the stack', () => {
    data.hasResource('AWS::KMS::Key', { DeletionPolicy: 'Retain', Properties: { EnableKeyRotation: true } });
    data.hasResourceProperties('AWS::KMS::Alias', { AliasName: 'alias/kiro-worker-production' });
  });

  it('DeadLetters keeps items for 14 days, encrypted, for TLS alone', () => {
    data.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'kiro-worker-production-dead-letters', MessageRetentionPeriod: 14 * 24 * 3600, SqsManagedSseEnabled: true });
    data.hasResourceProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
  });

  it('ImageRepository scans what is pushed, and drops what has no tag', () => {
    const repository: any = Object.values(data.findResources('AWS::ECR::Repository'))[0];
    assert.equal(repository.DeletionPolicy, 'Retain');
    assert.equal(repository.Properties.ImageScanningConfiguration.ScanOnPush, true);
    assert.match(repository.Properties.LifecyclePolicy.LifecyclePolicyText, /"tagStatus":"untagged".*"countNumber":14/);
  });

  it('Topics lets services of this account publish alarms, and nobody else', () => {
    const policies = Object.values(data.findResources('AWS::SNS::TopicPolicy')) as any[];
    const allows = policies.flatMap((p) => p.Properties.PolicyDocument.Statement).filter((s) => s.Effect === 'Allow');
    assert.equal(allows.length, 2);
    for (const s of allows) {
      assert.deepEqual(s.Condition, { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } });
    }
  });

  it('TableBackup keeps backups apart from the table', () => {
    data.hasResource('AWS::Backup::BackupVault', { DeletionPolicy: 'Retain', Properties: { EncryptionKeyArn: Match.anyValue() } });
    data.resourceCountIs('AWS::Backup::BackupSelection', 1);
  });

  it('Budget warns before and after it is used up', () => {
    const budget: any = Object.values(stacks('production', '    budget: { monthlyUSD: 5 }').data.findResources('AWS::Budgets::Budget'))[0];
    const when = budget.Properties.NotificationsWithSubscribers.map((n: any) => `${n.Notification.NotificationType} ${n.Notification.Threshold}`);
    assert.deepEqual(when, ['ACTUAL 80', 'ACTUAL 100', 'FORECASTED 100']);
  });

  it('BuildEvents has a dead letter queue for the rule and for its readers', () => {
    blue.hasResourceProperties('AWS::SQS::Queue', { QueueName: 'kiro-worker-production-blue-events', RedrivePolicy: Match.objectLike({ maxReceiveCount: 5 }) });
    blue.hasResourceProperties('AWS::Events::Rule', { Name: 'kiro-worker-production-blue-events', Targets: [Match.objectLike({ DeadLetterConfig: Match.anyValue() })] });
    blue.hasResourceProperties('AWS::Events::Rule', { Name: 'kiro-worker-production-blue-timed-out', EventPattern: Match.objectLike({ detail: Match.objectLike({ 'build-status': ['TIMED_OUT'] }) }) });
  });

  it('OperatorPolicy reads and frees locks, and stops nothing', () => {
    const policy: any = Object.values(blue.findResources('AWS::IAM::ManagedPolicy'))[0];
    const actions = policy.Properties.PolicyDocument.Statement.flatMap((s: any) => s.Action);
    assert.deepEqual(actions.sort(), ['codebuild:BatchGetBuilds', 'dynamodb:BatchGetItem', 'dynamodb:ConditionCheckItem', 'dynamodb:GetItem', 'dynamodb:UpdateItem']);
  });

  it('ControllerRole asks for rows by their keys alone', () => {
    const rows = statement(blue, 'Controller', 'LockRows');
    assert.deepEqual(rows.Condition.Null, { 'dynamodb:LeadingKeys': 'false' });
  });

  it('Alarms has thresholds by tier', () => {
    const threshold = (tier: string, name: string) =>
      (Object.values(stacks(tier).blue.findResources('AWS::CloudWatch::Alarm')) as any[]).find((a) => a.Properties.AlarmName.endsWith(`blue-${name}`))!.Properties.Threshold;
    assert.deepEqual(['test', 'staging', 'production'].map((t) => threshold(t, 'failure-rate')), [80, 50, 50]);
    assert.deepEqual(['test', 'staging', 'production'].map((t) => threshold(t, 'test-failures')), [30, 15, 15]);
  });

  it('is each one that there is', () => {
    const here = readFileSync(join(infraDir, 'test', 'constructs.test.ts'), 'utf8') + readFileSync(join(infraDir, 'test', 'data.test.ts'), 'utf8') + readFileSync(join(infraDir, 'test', 'compute.test.ts'), 'utf8');
    const named: Record<string, string> = {
      'artifacts-bucket': 'encrypts artifacts', 'build-network': 'puts builds into a VPC', 'build-project': 'has a project without source', 'build-role': 'a build its own slots',
      'build-secrets': 'has secrets without a value', dashboard: 'shows it all on one page', 'lock-statements': 'LockRows', 'lock-table': 'has a lock table',
      'manager-identity': 'makes the manager who it is', metrics: 'p99',
    };
    for (const file of readdirSync(join(infraDir, 'src', 'constructs'))) {
      const name = file.replace('.ts', '');
      const camel = name.replace(/(^|-)([a-z])/g, (_, __, c) => c.toUpperCase());
      assert.ok(here.includes(named[name] ?? `'${camel} `), `no test is about ${file}: add one, and name it here`);
    }
  });
});

describe('the rules of AWS Solutions', () => {
  it('are set aside only with a reason in whole sentences', () => {
    const files = readdirSync(join(infraDir, 'src', 'constructs')).map((f) => readFileSync(join(infraDir, 'src', 'constructs', f), 'utf8'));
    let found = 0;
    for (const text of files) {
      for (const [, reason] of text.matchAll(/acknowledge\([^;]*?,\s*(['"`].*?['"`]),?\s*\);/gs)) {
        found++;
        assert.ok(reason!.length > 30, reason);
      }
    }
    assert.ok(found >= 8, `only ${found} were found`);
  });
});
