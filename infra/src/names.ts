// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws } from 'aws-cdk-lib';
import { Colour, Settings } from './defaults';

// Names and ARNs that more than one construct has to agree on. Roles and projects have fixed names, so that a policy can name
// what is made after it.

export const projectName = (s: Settings, colour: Colour | '*'): string => `${s.project}-${s.tier}-${colour}`;

export const projectArn = (s: Settings, colour: Colour | '*'): string =>
  `arn:${Aws.PARTITION}:codebuild:${Aws.REGION}:${Aws.ACCOUNT_ID}:project/${projectName(s, colour)}`;

export const roleName = (s: Settings, colour: Colour | '*', who: 'build' | 'controller'): string =>
  `${projectName(s, colour)}-${who}`;

export const roleArn = (s: Settings, colour: Colour | '*', who: 'build' | 'controller'): string =>
  `arn:${Aws.PARTITION}:iam::${Aws.ACCOUNT_ID}:role/${roleName(s, colour, who)}`;

export const bucketName = (s: Settings): string =>
  s.artifacts.bucketName ?? `${s.project}-${s.tier}-artifacts-${Aws.ACCOUNT_ID}-${Aws.REGION}`;

export const bucketArn = (s: Settings): string => `arn:${Aws.PARTITION}:s3:::${bucketName(s)}`;

export const logGroupArn = (s: Settings, colour: Colour): string =>
  `arn:${Aws.PARTITION}:logs:${Aws.REGION}:${Aws.ACCOUNT_ID}:log-group:/aws/codebuild/${projectName(s, colour)}`;

export const reportGroupsArn = (s: Settings, colour: Colour): string =>
  `arn:${Aws.PARTITION}:codebuild:${Aws.REGION}:${Aws.ACCOUNT_ID}:report-group/${projectName(s, colour)}-*`;

/** Where CodeBuild keeps the cache of a project's builds, in the artifacts' bucket. */
export const cachePrefix = (s: Settings, colour: Colour): string => `codebuild-cache/${projectName(s, colour)}`;

/** The namespace of the worker's metrics: cmd/kiro-worker/ports.go. */
export const metricsNamespace = 'KiroWorker';
