// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { App, AppProps, BootstraplessSynthesizer, Tags, Validations, Environment } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { AwsSolutionsChecks } from 'cdk-nag';
import { ComputeStack } from './compute-stack';
import { DataStack } from './data-stack';
import { Settings } from './defaults';

/** Choices of the library that make a template better, and are the same however it is synthesised. */
const features = {
  // CloudFormation's resource schemas and AWS's rules for templates: what they find is an error.
  '@aws-cdk/core:validateAgainstDefaultRules': true,
  '@aws-cdk/core:target-partitions': ['aws', 'aws-cn', 'aws-us-gov'],
  '@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy': true,
  '@aws-cdk/aws-s3:setUniqueReplicationRoleName': true,
};

/** The stacks of the tiers; with checks, the rules of AWS Solutions are held against them. There are no assets, so an account needs no bootstrapping, and a template is all that is deployed. */
export function buildApp(tiers: Settings[], all: Settings[], props: AppProps = {}, checks = true): App {
  const app = new App({ analyticsReporting: false, ...props, postCliContext: { ...features, ...props.postCliContext } });
  if (checks) {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  }
  for (const s of tiers) {
    const env: Environment = { account: s.account, region: s.region };
    const stack = (what: string) => ({
      env,
      stackName: `${s.project}-${s.tier}-${what}`,
      description: `Kiro Worker, ${s.tier}: ${what}`,
      // CloudFormation takes 51,200 bytes where no bucket was bootstrapped.
      suppressTemplateIndentation: true,
      synthesizer: new BootstraplessSynthesizer(),
      terminationProtection: s.tier === 'production' && what === 'data',
    });
    const id = (what: string) => `${s.project}-${s.tier}-${what}`;
    const data = new DataStack(app, id('data'), s, all, stack('data'));
    const stacks = [data, ...s.colours.map((c) => new ComputeStack(app, id(c), s, c, data.data, stack(c)))];
    for (const made of stacks) {
      Tags.of(made).add('kiro-worker:tier', s.tier);
      Object.entries(s.tags).forEach(([k, v]) => Tags.of(made).add(k, v));
      if (s.permissionsBoundary) {
        iam.PermissionsBoundary.of(made).apply(iam.ManagedPolicy.fromManagedPolicyArn(made, 'Boundary', s.permissionsBoundary));
      }
    }
  }
  return app;
}
