// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Match } from 'aws-cdk-lib/assertions';
import { stacks, statement } from './helpers';

describe('the data stack', () => {
  const test = stacks('test').data;
  const production = stacks('production', '    budget: { monthlyUSD: 5, anomalyUSD: 1 }\n    notifications: { emails: [a@b.example], escalationEmails: [c@d.example] }').data;

  it('has a lock table that the controller accepts', () => {
    for (const t of [test, production]) {
      t.hasResourceProperties('AWS::DynamoDB::Table', {
        KeySchema: [{ AttributeName: 'lockKey', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'lockKey', AttributeType: 'S' }],
        BillingMode: 'PAY_PER_REQUEST',
        TimeToLiveSpecification: { AttributeName: 'deleteAt', Enabled: true },
        SSESpecification: { SSEEnabled: true },
      });
    }
  });

  it('protects the lock table in production', () => {
    production.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: {
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        ContributorInsightsSpecification: { Enabled: true },
      },
    });
    production.hasResourceProperties('AWS::Backup::BackupPlan', {
      BackupPlan: { BackupPlanRule: [Match.objectLike({ ScheduleExpression: 'cron(0 3 * * ? *)', Lifecycle: { DeleteAfterDays: 35 } })] },
    });
    test.resourceCountIs('AWS::Backup::BackupPlan', 0);
  });

  it('uses the table of another region where that is configured, and makes none', () => {
    const { data, blue } = stacks('production', '    lockTable: { from: { tier: production, region: eu-west-1 } }');
    data.resourceCountIs('AWS::DynamoDB::Table', 0);
    assert.match(JSON.stringify(blue.toJSON().Outputs.WorkEnvironment), /lock:\\n    tableName: kiro-worker-production-locks\\n    region: eu-west-1/);
  });

  it('has a bucket that keeps artifacts private, versioned and for a while', () => {
    production.hasResourceProperties('AWS::S3::Bucket', {
      VersioningConfiguration: { Status: 'Enabled' },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true, BlockPublicPolicy: true, IgnorePublicAcls: true, RestrictPublicBuckets: true },
      LifecycleConfiguration: {
        Rules: Match.arrayWith([
          Match.objectLike({
            ExpirationInDays: 90,
            NoncurrentVersionExpiration: { NoncurrentDays: 90 },
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
            Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }],
          }),
        ]),
      },
      LoggingConfiguration: Match.objectLike({ LogFilePrefix: 'access/' }),
    });
    production.hasResourceProperties('AWS::S3::BucketPolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
  });

  it("encrypts artifacts with S3's keys, or with the tier's", () => {
    const byDefault = (template: typeof test) => {
      const bucket: any = Object.values(template.findResources('AWS::S3::Bucket', { Properties: { VersioningConfiguration: { Status: 'Enabled' } } }))[0];
      return bucket.Properties.BucketEncryption.ServerSideEncryptionConfiguration[0];
    };
    assert.equal(byDefault(test).ServerSideEncryptionByDefault.SSEAlgorithm, 'AES256');
    assert.equal(byDefault(production).ServerSideEncryptionByDefault.SSEAlgorithm, 'aws:kms');
    assert.ok(byDefault(production).ServerSideEncryptionByDefault.KMSMasterKeyID);
    assert.equal(byDefault(production).BucketKeyEnabled, true);
    const { data, blue } = stacks('test', '    artifacts: { encryption: KMS }');
    assert.equal(byDefault(data).ServerSideEncryptionByDefault.SSEAlgorithm, 'aws:kms');
    assert.match(JSON.stringify(blue.toJSON().Outputs.WorkEnvironment), /artifacts:\\n    bucket: .*kmsKeyARN: /);
    assert.deepEqual(statement(blue, 'Builds', 'EncryptArtifacts').Action, 'kms:GenerateDataKey');
    assert.deepEqual(Object.keys(statement(blue, 'Builds', 'EncryptArtifacts').Condition.StringEquals), ['kms:ViaService']);
    assert.equal(statement(stacks('test').blue, 'Builds', 'EncryptArtifacts'), undefined);
    assert.ok(!JSON.stringify(stacks('test').blue.toJSON().Outputs.WorkEnvironment).includes('kmsKeyARN'));
  });

  it('copies artifacts to another region where that is configured', () => {
    const { data } = stacks('test', '    artifacts: { replicateTo: "arn:aws:s3:::copy-of-artifacts" }');
    data.hasResourceProperties('AWS::S3::Bucket', { ReplicationConfiguration: { Rules: [Match.objectLike({ Status: 'Enabled' })] } });
    const key = 'arn:aws:kms:eu-west-1:111122223333:key/0123';
    stacks('production', `    artifacts: { replicateTo: "arn:aws:s3:::copy-of-artifacts", replicaKeyARN: "${key}" }`).data.hasResourceProperties('AWS::S3::Bucket', {
      ReplicationConfiguration: {
        Rules: [Match.objectLike({
          SourceSelectionCriteria: { SseKmsEncryptedObjects: { Status: 'Enabled' } },
          Destination: Match.objectLike({ EncryptionConfiguration: { ReplicaKmsKeyID: key } }),
        })],
      },
    });
  });

  it('has secrets without a value', () => {
    const secrets = Object.values(production.findResources('AWS::SecretsManager::Secret'));
    assert.equal(secrets.length, 2);
    for (const secret of secrets) {
      assert.equal(secret.DeletionPolicy, 'Retain');
      assert.ok(!('SecretString' in secret.Properties) && !('GenerateSecretString' in secret.Properties));
      assert.ok(secret.Properties.KmsKeyId);
    }
    stacks('test', '    secrets: { git: true, agent: false }').data.hasResourceProperties('AWS::SecretsManager::Secret', { Name: 'kiro-worker-test/git' });
  });

  it('mails people, and others when an alarm stays red', () => {
    production.resourceCountIs('AWS::SNS::Topic', 3);
    production.hasResourceProperties('AWS::SNS::Subscription', { Protocol: 'email', Endpoint: 'c@d.example' });
    production.allResourcesProperties('AWS::SNS::Topic', { KmsMasterKeyId: Match.anyValue() });
  });

  it('watches the costs of the tier', () => {
    production.hasResourceProperties('AWS::Budgets::Budget', {
      Budget: { BudgetLimit: { Amount: 5, Unit: 'USD' }, CostFilters: { TagKeyValue: ['user:kiro-worker:tier$production'] } },
    });
    production.resourceCountIs('AWS::CE::AnomalySubscription', 1);
    test.resourceCountIs('AWS::Budgets::Budget', 0);
  });

  describe('makes the manager who it is', () => {
    const provider = 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC';
    const roleOf = (identity: string) => {
      const template = stacks('test', '', identity).data;
      return Object.values(template.findResources('AWS::IAM::Role', { Properties: { RoleName: 'kiro-worker-test-manager' } }))[0];
    };
    it('with IRSA: one service account', () => {
      const trust = roleOf(`{ type: irsa, oidcProviderARN: "${provider}" }`)!.Properties.AssumeRolePolicyDocument.Statement[0];
      assert.deepEqual(trust.Condition.StringEquals, {
        'oidc.eks.eu-central-1.amazonaws.com/id/ABC:aud': 'sts.amazonaws.com',
        'oidc.eks.eu-central-1.amazonaws.com/id/ABC:sub': 'system:serviceaccount:kiro-worker-system:kiro-worker-manager',
      });
    });
    it('with Pod Identity: with tags, here and in the next role', () => {
      const role = roleOf('{ type: podIdentity, eksCluster: main }')!;
      const actions = (doc: any) => doc.Statement.flatMap((s: any) => s.Action);
      assert.deepEqual(actions(role.Properties.AssumeRolePolicyDocument).sort(), ['sts:AssumeRole', 'sts:TagSession']);
      const { data, blue } = stacks('test', '', '{ type: podIdentity, eksCluster: main }');
      data.hasResourceProperties('AWS::EKS::PodIdentityAssociation', { ClusterName: 'main', Namespace: 'kiro-worker-system' });
      const controller = Object.values(blue.findResources('AWS::IAM::Role', { Properties: { RoleName: 'kiro-worker-test-blue-controller' } }))[0]!;
      assert.ok(actions(controller.Properties.AssumeRolePolicyDocument).includes('sts:TagSession'));
    });
    it('for further tiers, where it works for them', () => {
      const { data } = stacks('test', '', '{ type: podIdentity, eksCluster: main, tiers: [production] }');
      const resources = JSON.stringify(statement(data, 'Manager', 'AssumeController').Resource);
      assert.match(resources, /kiro-worker-test-\*-controller.*kiro-worker-production-\*-controller/);
      assert.ok(!resources.includes('staging'));
    });
    it('with a principal of its own: a parameter, unless it is configured', () => {
      assert.equal(roleOf('{ type: principal }'), undefined);
      test.hasParameter('ManagerPrincipalARN', { Type: 'String' });
    });
  });
});

describe('the outputs', () => {
  const provider = 'arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/ABC';
  const values = (identity: string) => JSON.stringify(stacks('test', '', identity).data.toJSON().Outputs.HelmValues.Value);
  it("are values of the manager's chart", () => {
    assert.equal(values('{ type: principal }'), JSON.stringify('clusterName: main\n'));
    assert.match(values(`{ type: irsa, oidcProviderARN: "${provider}" }`), /serviceAccount:\\n {2}name: kiro-worker-manager\\n {2}roleARN: /);
    assert.ok(!values('{ type: podIdentity, eksCluster: main }').includes('roleARN'));
  });
  it('are not what a secret holds', () => {
    assert.ok(!JSON.stringify(stacks('production').data.toJSON().Outputs).includes('SecretString'));
  });
});
