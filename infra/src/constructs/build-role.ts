// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../nag';
import { cachePrefix, logGroupArn, metricsNamespace, projectArn, reportGroupsArn, roleName } from '../names';
import { Colour, Settings } from '../defaults';
import { holdLocks, lockAndCardKeys, lockRows, useKey, useKeys } from './lock-statements';
import { Data } from '../data';

/** The role of a build: what the worker calls, and what CodeBuild does in its name. */
export class BuildRole extends Construct {
  readonly role: iam.Role;

  constructor(scope: Construct, id: string, s: Settings, colour: Colour, data: Data) {
    super(scope, id);
    this.role = new iam.Role(this, 'Role', {
      roleName: roleName(s, colour, 'build'),
      description: `Kiro Worker's builds, ${s.tier}`,
      assumedBy: new iam.ServicePrincipal('codebuild.amazonaws.com', {
        // CodeBuild for this project alone, not in the name of another account.
        conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID, 'aws:SourceArn': projectArn(s, colour) } },
      }),
    });
    for (const statement of [...worker(s, colour, data), ...service(s, colour, data)]) {
      this.role.addToPolicy(statement);
    }
    acknowledgeWildcards(this.role, [
      [`${data.bucketArn}/${s.tier}/*`, "Artifacts are at <tier>/<build>/: the tier's, whatever the build is called."],
      [`${data.bucketArn}/codebuild-logs/*`, 'CodeBuild names the raw logs by the build.'],
      ...(s.codeBuild.npmCache ? ([[`${data.bucketArn}/${cachePrefix(s, colour)}/*`, 'CodeBuild names the archive of the cache.']] as Array<[string, string]>) : []),
      [`${logGroupArn(s, colour)}:log-stream:*`, 'A log stream is named by the build.'],
      [reportGroupsArn(s, colour), 'CodeBuild makes a report group <project>-<name in the buildspec>.'],
      ['*', 'cloudwatch:PutMetricData (bounded by its namespace), ecr:GetAuthorizationToken and what CodeBuild asks EC2 in a VPC know no resource.'],
      ...(s.vpc ? ([[networkInterfaces, 'The interface of a build has no name before it exists; subnet and service are named.']] as Array<[string, string]>) : []),
    ]);
  }
}

/** What the worker calls. */
function worker(s: Settings, colour: Colour, data: Data): iam.PolicyStatement[] {
  return [
    lockRows(data.tableArn, lockAndCardKeys(projectArn(s, colour)), holdLocks),
    new iam.PolicyStatement({ sid: 'Artifacts', actions: ['s3:PutObject'], resources: [`${data.bucketArn}/${s.tier}/*`] }),
    ...fetchWorker(s),
    ...(s.artifacts.encryption === 'KMS' ? [useKey('EncryptArtifacts', data.keyArn, 's3', Aws.REGION, ['kms:GenerateDataKey'])] : []),
    new iam.PolicyStatement({ sid: 'ReadSecrets', actions: ['secretsmanager:GetSecretValue'], resources: data.secretArns }),
    useKey('DecryptSecrets', data.keyArn, 'secretsmanager', Aws.REGION, ['kms:Decrypt']),
    ...readSecretEnv(s),
    new iam.PolicyStatement({
      sid: 'Metrics',
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': metricsNamespace } },
    }),
  ];
}

/** The team's own secrets that setup and tests are given, each by its whole ARN, and the keys that they are under. */
function readSecretEnv(s: Settings): iam.PolicyStatement[] {
  const named = s.secrets.secretEnv;
  if (named.length === 0) {
    return [];
  }
  const statements = [
    new iam.PolicyStatement({ sid: 'ReadSecretEnv', actions: ['secretsmanager:GetSecretValue'], resources: [...new Set(named.map((n) => n.secretARN))] }),
  ];
  const keys = [...new Set(named.flatMap((n) => n.keyARN ?? []))];
  if (keys.length > 0) {
    statements.push(useKeys('DecryptSecretEnv', keys, 'secretsmanager', Aws.REGION, ['kms:Decrypt']));
  }
  return statements;
}

/** A worker that a build takes from a bucket: that file, and no other. */
function fetchWorker(s: Settings): iam.PolicyStatement[] {
  const url = s.codeBuild.worker?.url;
  if (!url?.startsWith('s3://')) {
    return [];
  }
  return [new iam.PolicyStatement({ sid: 'FetchWorker', actions: ['s3:GetObject'], resources: [`arn:${Aws.PARTITION}:s3:::${url.slice('s3://'.length)}`] })];
}

/** What CodeBuild does in the role's name: logs, reports, variables, the image, the network. */
function service(s: Settings, colour: Colour, data: Data): iam.PolicyStatement[] {
  const headers = s.codeBuild.traces?.headersSecretARN;
  const statements = [
    ...(headers ? [new iam.PolicyStatement({ sid: 'ReadTraceHeaders', actions: ['secretsmanager:GetSecretValue'], resources: [headers] })] : []),
    new iam.PolicyStatement({
      sid: 'Logs',
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [`${logGroupArn(s, colour)}:log-stream:*`],
    }),
    new iam.PolicyStatement({
      sid: 'Reports',
      actions: [
        'codebuild:CreateReportGroup',
        'codebuild:CreateReport',
        'codebuild:UpdateReport',
        'codebuild:BatchPutTestCases',
        'codebuild:BatchPutCodeCoverages',
      ],
      resources: [reportGroupsArn(s, colour)],
    }),
  ];
  if (s.codeBuild.logsToS3) {
    statements.push(new iam.PolicyStatement({ sid: 'RawLogs', actions: ['s3:PutObject'], resources: [`${data.bucketArn}/codebuild-logs/*`] }));
    if (s.artifacts.encryption === 'KMS') {
      // An upload in parts, which a long log is, decrypts its data key for each of them.
      statements.push(useKey('EncryptRawLogs', data.keyArn, 's3', Aws.REGION, ['kms:Decrypt']));
    }
  }
  if (s.codeBuild.npmCache) {
    statements.push(
      new iam.PolicyStatement({ sid: 'NPMCache', actions: ['s3:GetObject', 's3:PutObject'], resources: [`${data.bucketArn}/${cachePrefix(s, colour)}/*`] }),
    );
    if (s.artifacts.encryption === 'KMS') {
      statements.push(useKey('EncryptNPMCache', data.keyArn, 's3', Aws.REGION, ['kms:Decrypt', 'kms:GenerateDataKey']));
    }
  }
  if (!s.codeBuild.image?.startsWith('aws/codebuild/')) {
    statements.push(
      new iam.PolicyStatement({
        sid: 'PullImage',
        actions: ['ecr:BatchCheckLayerAvailability', 'ecr:BatchGetImage', 'ecr:GetDownloadUrlForLayer'],
        resources: [data.imageRepositoryArn],
      }),
      new iam.PolicyStatement({ sid: 'LogInToRegistry', actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
    );
  }
  if (s.vpc) {
    statements.push(...network(s.vpc.subnets));
  }
  return statements;
}

const ec2 = `arn:${Aws.PARTITION}:ec2:${Aws.REGION}:${Aws.ACCOUNT_ID}`;
const networkInterfaces = `${ec2}:network-interface/*`;

/** CodeBuild puts a network interface into the VPC for each build. */
function network(subnets: string[]): iam.PolicyStatement[] {
  return [
    new iam.PolicyStatement({
      sid: 'FindNetwork',
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeDhcpOptions',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeSubnets',
        'ec2:DescribeVpcs',
      ],
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      sid: 'UseNetwork',
      actions: ['ec2:CreateNetworkInterfacePermission'],
      resources: [networkInterfaces],
      conditions: {
        StringEquals: { 'ec2:AuthorizedService': 'codebuild.amazonaws.com' },
        ArnEquals: { 'ec2:Subnet': subnets.map((n) => `${ec2}:subnet/${n}`) },
      },
    }),
  ];
}
