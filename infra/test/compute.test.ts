// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { parse } from 'yaml';
import { infraDir } from '../src/config';
import { policies } from '../src/policies';
import { stacks, statement } from './helpers';

const vpc = '    vpc: { id: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0], endpoints: { routeTables: [rtb-0123456789abcdef0] } }';

const secretsOf = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:team/';
const keyOfNpm = 'arn:aws:kms:eu-central-1:000000000000:key/0123';
const secretEnv = `    secrets: { secretEnv: [{ name: NPM_TOKEN, secretARN: "${secretsOf}npm-AbCdEf", keyARN: "${keyOfNpm}" }, { name: PIP_TOKEN, secretARN: "${secretsOf}pip-GhIjKl" }] }`;

describe('the compute stack', () => {
  const { blue } = stacks('production', '    concurrency: 2\n    codeBuild: { concurrentBuildLimit: 4 }');

  it('has a project without source, cache and retries', () => {
    blue.hasResourceProperties('AWS::CodeBuild::Project', {
      Name: 'kiro-worker-production-blue',
      Source: { Type: 'NO_SOURCE' },
      Artifacts: { Type: 'NO_ARTIFACTS' },
      Cache: { Type: 'NO_CACHE' },
      AutoRetryLimit: 0,
      ConcurrentBuildLimit: 4,
      TimeoutInMinutes: 60,
      QueuedTimeoutInMinutes: 20,
      Environment: { ComputeType: 'BUILD_GENERAL1_SMALL', PrivilegedMode: false },
      LogsConfig: { CloudWatchLogs: { Status: 'ENABLED' }, S3Logs: { Status: 'ENABLED' } },
    });
  });

  it('runs the one buildspec', () => {
    const project: any = Object.values(blue.findResources('AWS::CodeBuild::Project'))[0];
    assert.equal(project.Properties.Source.BuildSpec, readFileSync(join(infraDir, '..', 'config', 'codebuild', 'buildspec.yml'), 'utf8'));
  });

  it('keeps what npm downloaded where that is wished', () => {
    const { blue: cached } = stacks('production', '    codeBuild: { npmCache: true, concurrentBuildLimit: 4 }\n    concurrency: 2');
    const project: any = Object.values(cached.findResources('AWS::CodeBuild::Project'))[0];
    assert.equal(project.Properties.Cache.Type, 'S3');
    assert.match(JSON.stringify(project.Properties.Cache.Location), /\/codebuild-cache\/kiro-worker-production-blue/);
    const spec = parse(project.Properties.Source.BuildSpec);
    assert.equal(spec.phases.install.commands[0], "export KIRO_WORKER_NPM_CACHE='/var/cache/kiro-worker/npm.tar'");
    assert.deepEqual(spec.cache, { paths: ['/var/cache/kiro-worker/**/*'] });
    assert.deepEqual(statement(cached, 'Builds', 'NPMCache').Action, ['s3:GetObject', 's3:PutObject']);
    assert.match(JSON.stringify(statement(cached, 'Builds', 'NPMCache').Resource), /codebuild-cache\/kiro-worker-production-blue\/\*/);
    assert.deepEqual(statement(cached, 'Builds', 'EncryptNPMCache').Action, ['kms:Decrypt', 'kms:GenerateDataKey']);
    assert.equal(statement(blue, 'Builds', 'NPMCache'), undefined);
  });

  it('installs the worker first in an image of AWS', () => {
    const more = `    codeBuild: { image: "aws/codebuild/standard:7.0", worker: { url: "https://example.com/kiro-worker", sha256: ${'a'.repeat(64)} } }`;
    const project: any = Object.values(stacks('test', more).blue.findResources('AWS::CodeBuild::Project'))[0];
    const spec = parse(project.Properties.Source.BuildSpec);
    assert.equal(spec.phases.install.commands[0], `export KIRO_WORKER_URL='https://example.com/kiro-worker' KIRO_WORKER_SHA256='${'a'.repeat(64)}'`);
    assert.match(spec.phases.install.commands[1], /sha256sum -c/);
    assert.equal(spec.phases.install.commands.at(-1), 'kiro-worker version');
    assert.equal(project.Properties.Environment.ImagePullCredentialsType, 'CODEBUILD');
  });

  it('lets a build read the one file where the worker is in a bucket', () => {
    const more = `    codeBuild: { image: "aws/codebuild/standard:7.0", worker: { url: "s3://tools/kiro-worker/v1/kiro-worker.tar.gz", sha256: ${'a'.repeat(64)} } }`;
    const fetch: any = statement(stacks('test', more).blue, 'Build', 'FetchWorker');
    assert.equal(fetch.Action, 's3:GetObject');
    assert.match(JSON.stringify(fetch.Resource), /:s3:::tools\/kiro-worker\/v1\/kiro-worker\.tar\.gz"/);
  });

  it('keeps logs as long as the tier says', () => {
    blue.hasResourceProperties('AWS::Logs::LogGroup', { LogGroupName: '/aws/codebuild/kiro-worker-production-blue', RetentionInDays: 90, KmsKeyId: Match.anyValue() });
  });

  it('puts builds into a VPC, without a way in', () => {
    const { blue: inVPC } = stacks('test', vpc);
    inVPC.hasResourceProperties('AWS::CodeBuild::Project', { VpcConfig: { VpcId: 'vpc-0123456789abcdef0', Subnets: ['subnet-0123456789abcdef0'] } });
    inVPC.resourceCountIs('AWS::EC2::VPCEndpoint', 5);
    const groups = Object.values(inVPC.findResources('AWS::EC2::SecurityGroup')) as any[];
    assert.equal(groups.filter((g) => g.Properties.SecurityGroupIngress === undefined).length, 1);
    assert.deepEqual(statement(inVPC, 'Builds', 'UseNetwork').Action, 'ec2:CreateNetworkInterfacePermission');
  });

  describe('gives each role its own permissions and no others', () => {
    it('a build its own slots, never those of another project or tier', () => {
      const keys = statement(blue, 'Builds', 'LockRows').Condition['ForAllValues:StringLike']['dynamodb:LeadingKeys'];
      assert.match(JSON.stringify(keys[0]), /project\/kiro-worker-production-blue#\*/);
      assert.deepEqual(keys.slice(1), ['branch#*', 'card#*']);
    });
    it('a build nothing of builds and nothing of IAM', () => {
      const actions = JSON.stringify(blue.findResources('AWS::IAM::Policy')).match(/"[a-z0-9]+:[A-Z][A-Za-z]+"/g)!;
      assert.ok(!actions.some((a) => a.startsWith('"iam:')));
      assert.equal(statement(blue, 'Builds', 'StartBuilds'), undefined);
    });
    it("the controller no build but the project's own, as it is", () => {
      assert.equal(statement(blue, 'Controller', 'NoOverride0').Effect, 'Deny');
      assert.deepEqual(statement(blue, 'Controller', 'NoOverride0').Condition, { Null: { 'codebuild:source.buildspec': 'false' } });
      assert.match(JSON.stringify(statement(blue, 'Controller', 'StartBuilds').Resource), /kiro-worker-production-blue/);
    });
    it('the controller measurements of its own namespace, and no others', () => {
      assert.deepEqual(statement(blue, 'Controller', 'Metrics').Condition, { StringEquals: { 'cloudwatch:namespace': 'KiroWorker' } });
    });
    it('the build the headers of its traces, where there are some', () => {
      const arn = 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:otlp-AbCdEf';
      const { blue: traced } = stacks('test', `    codeBuild: { traces: { endpoint: "https://otlp.example.com", headersSecretARN: "${arn}" } }`);
      assert.equal(statement(traced, 'Builds', 'ReadTraceHeaders').Resource, arn);
      assert.equal(statement(blue, 'Builds', 'ReadTraceHeaders'), undefined);
      traced.hasResourceProperties('AWS::CodeBuild::Project', {
        Environment: Match.objectLike({ EnvironmentVariables: [
          { Name: 'OTEL_EXPORTER_OTLP_ENDPOINT', Value: 'https://otlp.example.com', Type: 'PLAINTEXT' }, { Name: 'OTEL_EXPORTER_OTLP_HEADERS', Value: arn, Type: 'SECRETS_MANAGER' },
        ] }),
      });
    });
    it('nobody an action by a wildcard', () => {
      const all = [blue, stacks('test').data].flatMap((t) => Object.values(t.findResources('AWS::IAM::Policy')));
      const actions = all.flatMap((p: any) => p.Properties.PolicyDocument.Statement).flatMap((s: any) => s.Action);
      assert.deepEqual(actions.filter((a: string) => a.includes('*')), []);
    });
    it('the controller to the manager alone, in the name of a namespace', () => {
      const role: any = Object.values(blue.findResources('AWS::IAM::Role', { Properties: { RoleName: 'kiro-worker-production-blue-controller' } }))[0];
      assert.deepEqual(role.Properties.AssumeRolePolicyDocument.Statement[0].Condition, { StringEquals: { 'sts:ExternalId': ['main/a', 'main/b'] } });
    });
    it('the build to CodeBuild alone, for this project', () => {
      const role: any = Object.values(blue.findResources('AWS::IAM::Role', { Properties: { RoleName: 'kiro-worker-production-blue-build' } }))[0];
      assert.match(JSON.stringify(role.Properties.AssumeRolePolicyDocument.Statement[0].Condition.StringEquals['aws:SourceArn']), /kiro-worker-production-blue/);
    });
    it("a build exactly the secrets of the tests that are named, and their keys through Secrets Manager alone", () => {
      const { blue: named } = stacks('test', secretEnv);
      const [npm, pip] = [`${secretsOf}npm-AbCdEf`, `${secretsOf}pip-GhIjKl`];
      assert.deepEqual(statement(named, 'Builds', 'ReadSecretEnv'), { Sid: 'ReadSecretEnv', Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: [npm, pip] });
      const decrypt = statement(named, 'Builds', 'DecryptSecretEnv');
      assert.deepEqual([decrypt.Action, decrypt.Resource], ['kms:Decrypt', keyOfNpm]);
      assert.match(JSON.stringify(decrypt.Condition.StringEquals['kms:ViaService']), /secretsmanager\./);
      assert.deepEqual(statement(named, 'Controller', 'FindSecrets').Resource.slice(2), [npm, pip]);
      assert.equal(JSON.stringify(statement(named, 'Controller', 'ReadGitHubSecret').Resource).includes('npm'), false);
      const output: any = Object.values(named.findOutputs('WorkEnvironment'))[0];
      assert.match(JSON.stringify(output.Value), /gates:\\n {4}secretEnv:\\n {6}- name: NPM_TOKEN\\n {8}secretARN: arn:aws:secretsmanager:eu-central-1:000000000000:secret:team\/npm-AbCdEf/);
      assert.equal(statement(blue, 'Builds', 'ReadSecretEnv'), undefined);
    });
    // test/infra evaluates what is committed: what a build reads is allowed, and what it does not is not.
    it('as infra/test/snapshots/options.json has it', () => {
      const { data, blue: named } = stacks('test', `${secretEnv}\n    codeBuild: { npmCache: true }`);
      const found = policies('kiro-worker', 'test', [
        { name: 'kiro-worker-test-data', template: data.toJSON() as any },
        { name: 'kiro-worker-test-blue', template: named.toJSON() as any },
      ]);
      const text = `${JSON.stringify({ build: found['test/build.json'], controller: found['test/controller.json'] }, null, 2)}\n`;
      const file = join(infraDir, 'test', 'snapshots', 'options.json');
      if (process.env.UPDATE_SNAPSHOTS) {
        writeFileSync(file, text);
      }
      assert.equal(readFileSync(file, 'utf8'), text, 'run `UPDATE_SNAPSHOTS=1 make infra-test` and commit');
    });
    it('a boundary where one is configured', () => {
      const { blue: bounded } = stacks('test', '    permissionsBoundary: arn:aws:iam::111122223333:policy/limit');
      bounded.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: 'arn:aws:iam::111122223333:policy/limit' });
    });
  });

  describe('has alarms', () => {
    const alarms = Object.values(blue.findResources('AWS::CloudWatch::Alarm')).map((a: any) => a.Properties);
    it('for what the tier cares about', () => {
      const names = alarms.map((a) => a.AlarmName.replace('kiro-worker-production-blue-', '')).filter((n) => !n.endsWith('-escalated'));
      assert.deepEqual(names.sort(), [
        'controller-silent', 'dead-letters', 'duration', 'events-undelivered', 'failure-rate', 'lock-table-throttled', 'test-failures', 'timed-out',
      ]);
    });
    it('and says so when it is over', () => {
      for (const a of alarms) {
        assert.deepEqual(a.AlarmActions, a.OKActions, a.AlarmName);
        assert.equal(a.AlarmActions.length, 1, a.AlarmName);
      }
    });
    it('when the controller is silent, and not when there is no work', () => {
      const missing = Object.fromEntries(alarms.map((a) => [a.AlarmName.replace('kiro-worker-production-blue-', ''), a.TreatMissingData]));
      assert.equal(missing['controller-silent'], 'breaching');
      assert.equal(missing['failure-rate'], 'notBreaching');
    });
    it('of the heartbeat, where the manager sends one', () => {
      const { blue: beating } = stacks('test', '    alarms: { controllerHeartbeat: true }');
      beating.hasResourceProperties('AWS::CloudWatch::Alarm', {
        AlarmName: 'kiro-worker-test-blue-controller-silent', Namespace: 'KiroWorker', MetricName: 'ControllerHeartbeat', Dimensions: [{ Name: 'Environment', Value: 'test' }],
      });
    });
    it('a second topic when it stays red', () => {
      const [first, second] = ['controller-silent', 'controller-silent-escalated'].map((n) => alarms.find((a) => a.AlarmName.endsWith(n))!);
      assert.ok(second!.EvaluationPeriods > first!.EvaluationPeriods);
      assert.notDeepEqual(second!.AlarmActions, first!.AlarmActions);
    });
    it('and one of all of them', () => blue.resourceCountIs('AWS::CloudWatch::CompositeAlarm', 1));
  });

  it('keeps state changes of builds for whoever wants them', () => {
    blue.hasResourceProperties('AWS::Events::Rule', { EventPattern: Match.objectLike({ source: ['aws.codebuild'], detail: { 'project-name': ['kiro-worker-production-blue'] } }), Targets: [Match.anyValue()] });
    stacks('test', '    buildEvents: false').blue.resourceCountIs('AWS::SQS::Queue', 1);
  });

  it('shows it all on one page', () => {
    const board = JSON.stringify(blue.findResources('AWS::CloudWatch::Dashboard'));
    for (const text of ['p50', 'p95', 'p99', 'ConsumedReadCapacityUnits', 'ReadThrottleEvents', 'CPUUtilizedPercent', 'MemoryUtilizedPercent']) {
      assert.ok(board.includes(text), text);
    }
  });

  it('is there twice while an environment moves', () => {
    const { app } = stacks('test', '    colours: [blue, green]');
    const text = (colour: string) =>
      JSON.stringify(Template.fromStack(app.node.findChild(`kiro-worker-test-${colour}`) as any).toJSON())
        .replaceAll(/(AllowEventRule\w+?)[0-9A-F]{8}/g, '$1'); // a statement's name ends in a hash of the stack's
    assert.equal(text('blue').replaceAll('blue', 'green'), text('green'));
  });
});
