// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import * as iam from 'aws-cdk-lib/aws-iam';
import { Aws } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Settings } from '../defaults';

/**
 * The tier's topics. They are with the data because their subscriptions were confirmed by people, who would have to do it
 * again.
 */
export class Topics extends Construct {
  /** Ends of items, published by the controller. */
  readonly items: sns.Topic;
  /** Alarms, and that they are over. */
  readonly alarms: sns.Topic;
  /** Alarms that stay red. */
  readonly escalation: sns.Topic;

  constructor(scope: Construct, id: string, s: Settings, key: kms.IKey) {
    super(scope, id);
    const topic = (name: string, emails: string[]): sns.Topic => {
      const made = new sns.Topic(this, name, {
        topicName: `${s.project}-${s.tier}-${name.toLowerCase()}`,
        masterKey: key,
        enforceSSL: true,
      });
      emails.forEach((endpoint, i) => {
        new sns.CfnSubscription(made, `Email${i}`, { topicArn: made.topicArn, protocol: 'email', endpoint });
      });
      return made;
    };
    this.items = topic('Items', s.notifications.emails);
    this.alarms = topic('Alarms', s.notifications.emails);
    this.escalation = topic('Escalation', s.notifications.escalationEmails);
    for (const t of [this.alarms, this.escalation]) {
      t.addToResourcePolicy(
        new iam.PolicyStatement({
          sid: 'Services',
          principals: ['cloudwatch', 'events', 'budgets', 'costalerts'].map((n) => new iam.ServicePrincipal(`${n}.amazonaws.com`)),
          actions: ['sns:Publish'],
          resources: [t.topicArn],
          conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
        }),
      );
    }
  }
}
