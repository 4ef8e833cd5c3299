// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ce from 'aws-cdk-lib/aws-ce';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { Settings } from '../defaults';

/** Warns when the tier costs more than it should. The cost allocation tag `kiro-worker:tier` separates the costs of tiers. */
export class Budget extends Construct {
  constructor(scope: Construct, id: string, s: Settings, limit: NonNullable<Settings['budget']>, topic: sns.ITopic) {
    super(scope, id);
    const notify = (notificationType: string, threshold: number) => ({
      notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
      subscribers: [{ subscriptionType: 'SNS', address: topic.topicArn }],
    });
    new budgets.CfnBudget(this, 'Monthly', {
      budget: {
        budgetName: `${s.project}-${s.tier}`,
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: limit.monthlyUSD, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:kiro-worker:tier$${s.tier}`] },
      },
      notificationsWithSubscribers: [notify('ACTUAL', 80), notify('ACTUAL', 100), notify('FORECASTED', 100)],
    });
    if (limit.anomalyUSD !== undefined) {
      const monitor = new ce.CfnAnomalyMonitor(this, 'Monitor', {
        monitorName: `${s.project}-${s.tier}`,
        monitorType: 'CUSTOM',
        monitorSpecification: JSON.stringify({ Tags: { Key: 'kiro-worker:tier', Values: [s.tier], MatchOptions: ['EQUALS'] } }),
      });
      new ce.CfnAnomalySubscription(this, 'Anomalies', {
        subscriptionName: `${s.project}-${s.tier}-${Aws.REGION}`,
        frequency: 'IMMEDIATE',
        monitorArnList: [monitor.ref],
        subscribers: [{ type: 'SNS', address: topic.topicArn }],
        thresholdExpression: JSON.stringify({
          Dimensions: { Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE', MatchOptions: ['GREATER_THAN_OR_EQUAL'], Values: [String(limit.anomalyUSD)] },
        }),
      });
    }
  }
}
