// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws, Validations } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/** Says why a rule of AWS Solutions does not hold here. A reason is part of the design: it says what would have to change. */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: rule, reason });
}

/** Explains each resource of a policy that holds a wildcard, one by one: another one is found. */
export function acknowledgeWildcards(construct: IConstruct, reasons: Array<[resource: string, reason: string]>): void {
  for (const [resource, reason] of reasons) {
    const shown = resource
      .replaceAll(Aws.PARTITION, '<AWS::Partition>')
      .replaceAll(Aws.REGION, '<AWS::Region>')
      .replaceAll(Aws.ACCOUNT_ID, '<AWS::AccountId>');
    acknowledge(construct, `AwsSolutions-IAM5[Resource::${shown}]`, reason);
  }
}
