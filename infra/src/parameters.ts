// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { CfnParameter, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';

/**
 * A setting; or, where config.yaml leaves it out, a parameter of the stack, which whoever deploys the template gives. There is one
 * parameter of a name in a stack.
 */
export function parameterOr(scope: Construct, name: string, value: string | undefined, description: string): string {
  if (value !== undefined) {
    return value;
  }
  const stack = Stack.of(scope);
  const made = (stack.node.tryFindChild(name) as CfnParameter | undefined) ?? new CfnParameter(stack, name, { type: 'String', description });
  return made.valueAsString;
}
