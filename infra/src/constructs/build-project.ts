// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RemovalPolicy } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { infraDir } from '../config';
import { acknowledge } from '../nag';
import { cachePrefix, projectName } from '../names';
import { Colour, Settings } from '../defaults';
import { BuildRole } from './build-role';
import { BuildNetwork } from './build-network';
import { Data } from '../data';

/** The project that builds run in. It has no source: the worker fetches the branch itself, once it has claimed its lock. */
export class BuildProject extends Construct {
  readonly project: codebuild.CfnProject;
  readonly role: BuildRole;

  constructor(scope: Construct, id: string, s: Settings, colour: Colour, data: Data) {
    super(scope, id);
    const name = projectName(s, colour);
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: `/aws/codebuild/${name}`,
      retention: s.codeBuild.logRetentionDays,
      encryptionKey: s.codeBuild.encryptLogs ? kms.Key.fromKeyArn(this, 'Key', data.keyArn) : undefined,
      // A log group that stayed would keep the same colour from being deployed again; the raw logs are in the bucket.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.role = new BuildRole(this, 'Role', s, colour, data);
    const image = s.codeBuild.image ?? `${data.imageRepositoryUri}:latest`;
    this.project = new codebuild.CfnProject(this, 'Project', {
      name,
      description: `Kiro Worker, ${s.tier}`,
      serviceRole: this.role.role.roleArn,
      source: { type: 'NO_SOURCE', buildSpec: buildspec(s) },
      artifacts: { type: 'NO_ARTIFACTS' },
      // No cache, unless it is wished: CodeBuild saves it after the agent ran. What the worker keeps there is checked by who reads it.
      cache: s.codeBuild.npmCache ? { type: 'S3', location: `${data.bucketName}/${cachePrefix(s, colour)}` } : { type: 'NO_CACHE' },
      environment: {
        type: 'LINUX_CONTAINER',
        computeType: s.codeBuild.computeType,
        image,
        imagePullCredentialsType: image.startsWith('aws/codebuild/') ? 'CODEBUILD' : 'SERVICE_ROLE',
        privilegedMode: false,
        environmentVariables: traceVariables(s),
      },
      timeoutInMinutes: s.codeBuild.timeoutMinutes,
      queuedTimeoutInMinutes: s.codeBuild.queuedTimeoutMinutes,
      // A build that CodeBuild starts again by itself would carry the lock of one that is over.
      autoRetryLimit: 0,
      concurrentBuildLimit: s.codeBuild.concurrentBuildLimit,
      badgeEnabled: false,
      logsConfig: {
        cloudWatchLogs: { status: 'ENABLED', groupName: logGroup.logGroupName },
        s3Logs: s.codeBuild.logsToS3 ? s3Logs(s, data) : { status: 'DISABLED' },
      },
      vpcConfig: s.vpc ? new BuildNetwork(this, 'Network', s.vpc).config : undefined,
    });
    // The project may only be made once its role can be used.
    this.project.node.addDependency(this.role);
    acknowledge(this.project, 'AwsSolutions-CB4', "The project has no artifacts of CodeBuild's; what the worker uploads is encrypted by the bucket.");
    acknowledge(this.project, 'AwsSolutions-CB5', 'The image is one that this project builds and scans, or one that the person who configured it chose.');
  }
}

/** What the worker sends spans with. Agent and tests are given none of a project's variables. */
function traceVariables(s: Settings): codebuild.CfnProject.EnvironmentVariableProperty[] | undefined {
  const traces = s.codeBuild.traces;
  if (!traces) {
    return undefined;
  }
  const variables: codebuild.CfnProject.EnvironmentVariableProperty[] = [{ name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: traces.endpoint, type: 'PLAINTEXT' }];
  if (traces.headersSecretARN) {
    variables.push({ name: 'OTEL_EXPORTER_OTLP_HEADERS', value: traces.headersSecretARN, type: 'SECRETS_MANAGER' });
  }
  return variables;
}

/**
 * Raw logs in the bucket. With a key of the tier's they are encrypted as the bucket does by default; otherwise CodeBuild would ask
 * for the account's key for S3.
 */
function s3Logs(s: Settings, data: Data): codebuild.CfnProject.S3LogsConfigProperty {
  const location = { status: 'ENABLED', location: `${data.bucketName}/codebuild-logs` };
  return s.artifacts.encryption === 'KMS' ? { ...location, encryptionDisabled: true } : location;
}

/** Where a build has what the cache keeps. */
const npmCacheDir = '/var/cache/kiro-worker';

/**
 * The one buildspec. For an image without the worker, its first command says where it is: written here, and not among the
 * project's variables, where a StartBuild could replace it.
 */
export function buildspec(s: Settings): string {
  const text = readFileSync(join(infraDir, '..', 'config', 'codebuild', 'buildspec.yml'), 'utf8');
  const { worker, npmCache } = s.codeBuild;
  const exports = [
    ...(worker ? [`KIRO_WORKER_URL='${worker.url}' KIRO_WORKER_SHA256='${worker.sha256}'`] : []),
    ...(npmCache ? [`KIRO_WORKER_NPM_CACHE='${npmCacheDir}/npm.tar'`] : []),
  ];
  if (exports.length === 0) {
    return text;
  }
  const first = '  install:\n    commands:\n';
  if (!text.includes(first)) {
    throw new Error('config/codebuild/buildspec.yml no longer has the phase install first: say in build-project.ts where the worker is named');
  }
  const cache = npmCache ? `\n# Written by the worker alone, after setup and before the agent.\ncache:\n  paths:\n    - "${npmCacheDir}/**/*"\n` : '';
  return text.replace(first, `${first}      - export ${exports.join(' ')}\n`) + cache;
}
