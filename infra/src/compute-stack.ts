// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { CfnOutput, Stack, StackProps } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { Alarms } from './constructs/alarms';
import { BuildEvents } from './constructs/build-events';
import { BuildProject } from './constructs/build-project';
import { ControllerRole } from './constructs/controller-role';
import { Dashboard } from './constructs/dashboard';
import { Metrics } from './constructs/metrics';
import { OperatorPolicy } from './constructs/operator-policy';
import { Data } from './data';
import { Colour, Settings } from './defaults';
import { workEnvironment } from './outputs';

/** What runs builds and watches them. It holds nothing, so that another one can take its place while builds run. */
export class ComputeStack extends Stack {
  constructor(scope: Construct, id: string, s: Settings, colour: Colour, data: Data, props: StackProps) {
    super(scope, id, props);
    const project = new BuildProject(this, 'Builds', s, colour, data);
    const controller = new ControllerRole(this, 'Controller', s, colour, data);
    const operator = new OperatorPolicy(this, 'Operator', s, colour, data);
    const events = new BuildEvents(this, 'Events', s, colour);
    const metrics = new Metrics(s, colour, {
      table: data.tableName,
      deadLetters: data.deadLettersName,
      eventsDead: events.dead.queueName,
      timedOutRule: events.timedOut.ruleName,
    });
    const alarms = new Alarms(this, 'Alarms', s, colour, data, metrics);
    new Dashboard(this, 'Dashboard', s, colour, metrics, alarms.all);

    new CfnOutput(this, 'ProjectName', { value: project.project.ref });
    new CfnOutput(this, 'ControllerRoleARN', { value: controller.role.roleArn });
    new CfnOutput(this, 'BuildRoleARN', { value: project.role.role.roleArn });
    new CfnOutput(this, 'OperatorPolicyARN', { value: operator.policy.managedPolicyArn });
    new CfnOutput(this, 'WorkEnvironment', {
      description: 'A manifest for kubectl apply -f -',
      value: workEnvironment(s, data, { project: project.project.ref, role: controller.role.roleArn }),
    });
  }
}
