// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../nag';
import { projectArn, projectName } from '../names';
import { Colour, Settings } from '../defaults';
import { lockKeys, lockRows, readLocks } from './lock-statements';
import { Data } from '../data';

/** What a person needs who runs `kubectl workitem` with credentials of their own: see locks, and free one whose build is gone. */
export class OperatorPolicy extends Construct {
  readonly policy: iam.ManagedPolicy;

  constructor(scope: Construct, id: string, s: Settings, colour: Colour, data: Data) {
    super(scope, id);
    this.policy = new iam.ManagedPolicy(this, 'Policy', {
      managedPolicyName: `${projectName(s, colour)}-operator`,
      description: `kubectl workitem locks and unlock, ${s.tier}`,
      statements: [
        lockRows(data.tableArn, lockKeys(projectArn(s, '*')), readLocks),
        new iam.PolicyStatement({ sid: 'AskForBuilds', actions: ['codebuild:BatchGetBuilds'], resources: [projectArn(s, '*')] }),
      ],
    });
    acknowledgeWildcards(this.policy, [[projectArn(s, '*'), "The tier's projects, blue and green: whose builds hold the locks."]]);
  }
}
