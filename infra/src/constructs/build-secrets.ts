// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { RemovalPolicy } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledge } from '../nag';
import { Settings } from '../defaults';

/**
 * The secrets that builds read. They are made empty: a person puts the values in, so that no template and no log ever holds
 * one.
 */
export class BuildSecrets extends Construct {
  /** Token or App key for GitHub's API; the controller reads it too. */
  readonly github: string;
  /** The same for git, where it has its own. */
  readonly git?: string;
  /** The agent's key. */
  readonly agent?: string;

  constructor(scope: Construct, id: string, s: Settings, key: kms.IKey) {
    super(scope, id);
    const secret = (name: string, description: string): string => {
      const made = new secretsmanager.CfnSecret(this, name, {
        name: `${s.project}-${s.tier}/${name.toLowerCase()}`,
        description,
        kmsKeyId: key.keyArn,
      });
      made.applyRemovalPolicy(RemovalPolicy.RETAIN);
      acknowledge(made, 'AwsSolutions-SMG4', 'What issues it (GitHub, the maker of the agent) has no interface to rotate it by; docs/deployment/DEPLOYMENT.md says how a person does, without a pause.');
      return made.ref;
    };
    this.github = secret('GitHub', "Token or App key for GitHub's API: {\"token\"} or {\"appID\", \"installationID\", \"privateKey\"}");
    if (s.secrets.git) {
      this.git = secret('Git', "Token or App key for git's fetches and pushes");
    }
    if (s.secrets.agent) {
      this.agent = secret('Agent', "The agent's key");
    }
  }

  /** All of them, for the build's role. */
  get arns(): string[] {
    return [this.github, this.git, this.agent].filter((a): a is string => a !== undefined);
  }
}
