// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { projectName } from '../names';
import { Colour, Settings } from '../defaults';
import { Metrics } from './metrics';

/** One page on which a person sees how the tier does. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, s: Settings, colour: Colour, m: Metrics, alarms: cloudwatch.IAlarm[]) {
    super(scope, id);
    const p = Duration.minutes(5);
    const graph = (title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []) =>
      new cloudwatch.GraphWidget({ title, left, right, width: 8, height: 6 });
    new cloudwatch.Dashboard(this, 'Dashboard', {
      dashboardName: projectName(s, colour),
      defaultInterval: Duration.days(1),
      widgets: [
        [new cloudwatch.AlarmStatusWidget({ title: `Kiro Worker, ${s.tier}`, alarms, width: 24, height: 3 })],
        [
          graph('Builds', [m.build('SucceededBuilds', 'Sum', p), m.build('FailedBuilds', 'Sum', p)], [m.failureRate(p)]),
          graph('Duration of builds, seconds', ['p50', 'p95', 'p99'].map((q) => m.duration(q, p))),
          graph('Time in the queue of CodeBuild, seconds', ['p50', 'p95', 'p99'].map((q) => m.build('QueuedDuration', q, p))),
        ],
        [
          graph('Tests', [m.worker('TestsTotal', 'Sum', p), m.worker('TestsFailed', 'Sum', p)], [m.testFailureRate(p)]),
          graph('Coverage of lines, %', [m.worker('Coverage', 'Average', p, { Metric: 'lines' })]),
          graph('Tasks', [m.worker('TasksDone', 'Sum', p), m.worker('TasksTotal', 'Sum', p)]),
        ],
        [
          graph('Lock table: capacity', [m.lockReads(p), m.dynamo('ConsumedWriteCapacityUnits', 'Sum', p)], [m.throttles(p)]),
          graph('CPU and memory of builds, %', [m.build('CPUUtilizedPercent', 'Maximum', p), m.build('MemoryUtilizedPercent', 'Maximum', p)]),
          graph('Dead letters', [m.deadLetters(p), m.undelivered(p)]),
        ],
      ],
    });
  }
}
