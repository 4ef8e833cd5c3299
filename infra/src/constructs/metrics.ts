// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { metricsNamespace, projectName } from '../names';
import { Colour, Settings } from '../defaults';

/** The metrics that alarms and dashboard look at. CodeBuild's own count every build: a killed worker sends none. */
export class Metrics {
  private readonly project: Record<string, string>;
  private readonly table: Record<string, string>;

  constructor(
    private readonly s: Settings,
    colour: Colour,
    private readonly names: { table: string; deadLetters: string; eventsDead: string; timedOutRule: string },
  ) {
    this.project = { ProjectName: projectName(s, colour) };
    this.table = { TableName: names.table };
  }

  build(metricName: string, statistic: string, period: Duration): cloudwatch.Metric {
    return new cloudwatch.Metric({ namespace: 'AWS/CodeBuild', metricName, statistic, period, dimensionsMap: this.project });
  }

  duration(statistic: string, period: Duration): cloudwatch.Metric {
    return this.build('Duration', statistic, period);
  }

  failureRate(period: Duration): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      label: 'failed builds, %',
      expression: 'IF(builds > 0, 100 * failed / builds, 0)',
      usingMetrics: { failed: this.build('FailedBuilds', 'Sum', period), builds: this.build('Builds', 'Sum', period) },
      period,
    });
  }

  worker(metricName: string, statistic: string, period: Duration, dimensions: Record<string, string> = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: metricsNamespace, metricName, statistic, period, dimensionsMap: { Environment: this.s.tier, ...dimensions },
    });
  }

  testFailureRate(period: Duration): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      label: 'failed tests, %',
      expression: 'IF(total > 0, 100 * failed / total, 0)',
      usingMetrics: { failed: this.worker('TestsFailed', 'Sum', period), total: this.worker('TestsTotal', 'Sum', period) },
      period,
    });
  }

  dynamo(metricName: string, statistic: string, period: Duration): cloudwatch.Metric {
    return new cloudwatch.Metric({ namespace: 'AWS/DynamoDB', metricName, statistic, period, dimensionsMap: this.table });
  }

  lockReads(period: Duration): cloudwatch.Metric {
    return this.dynamo('ConsumedReadCapacityUnits', 'Sum', period);
  }

  throttles(period: Duration): cloudwatch.MathExpression {
    return new cloudwatch.MathExpression({
      label: 'throttled requests',
      expression: 'FILL(r, 0) + FILL(w, 0)',
      usingMetrics: { r: this.dynamo('ReadThrottleEvents', 'Sum', period), w: this.dynamo('WriteThrottleEvents', 'Sum', period) },
      period,
    });
  }

  timedOut(period: Duration): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/Events', metricName: 'MatchedEvents', statistic: 'Sum', period, dimensionsMap: { RuleName: this.names.timedOutRule },
    });
  }

  deadLetters(period: Duration): cloudwatch.Metric {
    return this.waiting(this.names.deadLetters, period);
  }

  undelivered(period: Duration): cloudwatch.Metric {
    return this.waiting(this.names.eventsDead, period);
  }

  private waiting(queue: string, period: Duration): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/SQS', metricName: 'ApproximateNumberOfMessagesVisible', statistic: 'Maximum', period, dimensionsMap: { QueueName: queue },
    });
  }
}
