// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { projectName } from '../names';
import { Colour, Settings } from '../defaults';
import { Metrics } from './metrics';
import { Data } from '../data';

interface AlarmSpec {
  id: string;
  what: string;
  /** What a person does first. */
  then: string;
  metric: cloudwatch.IMetric;
  threshold: number;
  periods?: number;
  operator?: cloudwatch.ComparisonOperator;
  /** What the absence of data means. */
  missing: cloudwatch.TreatMissingData;
  escalates?: boolean;
}

const { GREATER_THAN_THRESHOLD, GREATER_THAN_OR_EQUAL_TO_THRESHOLD, LESS_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
const { NOT_BREACHING, BREACHING, IGNORE } = cloudwatch.TreatMissingData;

/** The alarms of the tier. Each publishes to the tier's topic when it goes off and when it is over. */
export class Alarms extends Construct {
  readonly all: cloudwatch.IAlarm[];

  constructor(scope: Construct, id: string, s: Settings, colour: Colour, data: Data, m: Metrics) {
    super(scope, id);
    const topics = {
      alarms: sns.Topic.fromTopicArn(this, 'AlarmsTopic', data.alarmsTopicArn),
      escalation: sns.Topic.fromTopicArn(this, 'EscalationTopic', data.escalationTopicArn),
    };
    const name = projectName(s, colour);
    const alarms = specs(s, m).map((spec) => {
      const alarm = this.alarm(spec, `${name}-${spec.id}`, spec.periods ?? 1);
      const action = new actions.SnsAction(topics.alarms);
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
      if (spec.escalates) {
        const period = spec.metric instanceof cloudwatch.MathExpression ? spec.metric.period : (spec.metric as cloudwatch.Metric).period;
        const periods = Math.ceil(s.alarms.escalateAfterMinutes / period.toMinutes()) + (spec.periods ?? 1);
        const still = this.alarm({ ...spec, id: `${spec.id}-escalated` }, `${name}-${spec.id}-escalated`, periods);
        still.addAlarmAction(new actions.SnsAction(topics.escalation));
        still.addOkAction(new actions.SnsAction(topics.escalation));
      }
      return alarm;
    });
    const composite = new cloudwatch.CompositeAlarm(this, 'tier', {
      compositeAlarmName: `${name}`,
      alarmDescription: `Something is wrong with Kiro Worker's tier ${s.tier}: one of its alarms is red.`,
      alarmRule: cloudwatch.AlarmRule.anyOf(...alarms.map((a) => cloudwatch.AlarmRule.fromAlarm(a, cloudwatch.AlarmState.ALARM))),
    });
    composite.addAlarmAction(new actions.SnsAction(topics.alarms));
    composite.addOkAction(new actions.SnsAction(topics.alarms));
    this.all = alarms;
  }

  private alarm(spec: AlarmSpec, alarmName: string, periods: number): cloudwatch.Alarm {
    return new cloudwatch.Alarm(this, spec.id, {
      alarmName,
      alarmDescription: `${spec.what} ${spec.then}`,
      metric: spec.metric,
      threshold: spec.threshold,
      comparisonOperator: spec.operator ?? GREATER_THAN_THRESHOLD,
      evaluationPeriods: periods,
      datapointsToAlarm: periods,
      treatMissingData: spec.missing,
    });
  }
}

function specs(s: Settings, m: Metrics): AlarmSpec[] {
  const t = s.alarms;
  return [
    {
      id: 'failure-rate', metric: m.failureRate(Duration.hours(1)), threshold: t.failureRatePercent, missing: NOT_BREACHING, escalates: true,
      what: `More than ${t.failureRatePercent}% of the builds of an hour failed.`, then: 'Look at kubectl get workitems, then at the logs.',
    },
    {
      id: 'duration', metric: m.duration('Maximum', Duration.minutes(5)), threshold: t.durationMinutes * 60, missing: NOT_BREACHING,
      what: `A build took longer than ${t.durationMinutes} minutes.`, then: 'Look at the stages in its log; smaller specs, or more time.',
    },
    {
      id: 'test-failures', metric: m.testFailureRate(Duration.hours(1)), threshold: t.testFailurePercent, missing: NOT_BREACHING,
      what: `More than ${t.testFailurePercent}% of the tests of an hour failed.`, then: 'Look whether the repositories are green without the agent.',
    },
    {
      id: 'lock-table-throttled', metric: m.throttles(Duration.minutes(5)), threshold: 0, missing: NOT_BREACHING, escalates: true,
      what: 'DynamoDB throttled the lock table.', then: 'A hot key, or an account limit: see Contributor Insights.',
    },
    {
      id: 'timed-out', metric: m.timedOut(Duration.minutes(5)), threshold: 1, operator: GREATER_THAN_OR_EQUAL_TO_THRESHOLD, missing: NOT_BREACHING,
      what: 'A build ran into its time-out and was killed.', then: 'Its work so far is pushed; see which task it was at.',
    },
    {
      id: 'dead-letters', metric: m.deadLetters(Duration.minutes(5)), threshold: 0, missing: IGNORE, escalates: true,
      what: 'Items ended as Failed and wait in the dead letter queue.', then: 'Read and delete the messages: aws sqs receive-message.',
    },
    {
      id: 'events-undelivered', metric: m.undelivered(Duration.minutes(5)), threshold: 0, missing: IGNORE,
      what: 'State changes of builds could not be delivered or read.', then: "Look at the queue's policy and at what reads it.",
    },
    {
      // The controller reads slots and table at least every 15 minutes, whether or not there is work. Where it sends one, its
      // heartbeat says so too, once a minute.
      id: 'controller-silent', metric: t.controllerHeartbeat ? m.worker('ControllerHeartbeat', 'Sum', Duration.minutes(5)) : m.lockReads(Duration.minutes(5)), threshold: 0.5, operator: LESS_THAN_THRESHOLD,
      periods: t.silentMinutes / 5, missing: BREACHING, escalates: true,
      what: `${t.controllerHeartbeat ? 'The controller has sent no heartbeat' : 'Nobody has read the lock table'} for ${t.silentMinutes} minutes: the controller is down, or its permissions are gone.`,
      then: 'kubectl -n kiro-worker-system get pods; kubectl get workenvironments -A.',
    },
  ];
}
