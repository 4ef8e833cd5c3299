// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledge } from '../nag';
import { projectName } from '../names';
import { Colour, Settings } from '../defaults';

/**
 * CodeBuild's state changes: a queue for automation of the account's owner, and a rule that counts builds that timed out, which
 * no metric of CodeBuild's does.
 */
export class BuildEvents extends Construct {
  readonly timedOut: events.Rule;
  readonly queue?: sqs.Queue;
  readonly dead: sqs.Queue;

  constructor(scope: Construct, id: string, s: Settings, colour: Colour) {
    super(scope, id);
    const name = projectName(s, colour);
    const queue = (suffix: string, retentionPeriod: Duration, deadLetterQueue?: sqs.DeadLetterQueue) =>
      new sqs.Queue(this, suffix === 'events' ? 'Queue' : 'Dead', {
        queueName: `${name}-${suffix}`,
        encryption: sqs.QueueEncryption.SQS_MANAGED,
        enforceSSL: true,
        retentionPeriod,
        deadLetterQueue,
      });
    this.dead = queue('events-dead', Duration.days(14));
    acknowledge(this.dead, 'AwsSolutions-SQS3', 'This is the dead letter queue.');
    const pattern = (status?: string[]): events.EventPattern => ({
      source: ['aws.codebuild'],
      detailType: ['CodeBuild Build State Change'],
      detail: { 'project-name': [name], ...(status && { 'build-status': status }) },
    });
    if (s.buildEvents) {
      this.queue = queue('events', Duration.hours(4), { queue: this.dead, maxReceiveCount: 5 });
      new events.Rule(this, 'Rule', {
        ruleName: `${name}-events`,
        description: 'State changes of builds',
        eventPattern: pattern(),
        targets: [new targets.SqsQueue(this.queue, { deadLetterQueue: this.dead, retryAttempts: 10, maxEventAge: Duration.hours(1) })],
      });
    }
    // The rule has no target: how often it matched is what is asked for.
    this.timedOut = new events.Rule(this, 'TimedOut', {
      ruleName: `${name}-timed-out`,
      description: 'Builds that ran into their time-out',
      eventPattern: pattern(['TIMED_OUT']),
    });
  }
}
