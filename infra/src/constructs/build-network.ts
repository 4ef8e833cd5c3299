// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws } from 'aws-cdk-lib';
import * as codebuild from 'aws-cdk-lib/aws-codebuild';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import { Settings } from '../defaults';

/** Builds inside a VPC of the account: no public address, everything out and nothing in, AWS by its own endpoints where wanted. */
export class BuildNetwork extends Construct {
  readonly config: codebuild.CfnProject.VpcConfigProperty;

  constructor(scope: Construct, id: string, vpc: NonNullable<Settings['vpc']>) {
    super(scope, id);
    const securityGroupIds = vpc.securityGroups ?? [
      new ec2.CfnSecurityGroup(this, 'Builds', {
        groupDescription: 'Builds of Kiro Worker: everything out, nothing in',
        vpcId: vpc.id,
        securityGroupEgress: [{ ipProtocol: '-1', cidrIp: '0.0.0.0/0', description: 'GitHub, registries, AWS' }],
      }).attrGroupId,
    ];
    this.config = { vpcId: vpc.id, subnets: vpc.subnets, securityGroupIds };
    if (vpc.endpoints) {
      this.addEndpoints(vpc, vpc.endpoints.routeTables, securityGroupIds);
    }
  }

  private addEndpoints(vpc: NonNullable<Settings['vpc']>, routeTableIds: string[], builds: string[]): void {
    for (const service of ['dynamodb', 's3']) {
      new ec2.CfnVPCEndpoint(this, service, {
        vpcId: vpc.id, vpcEndpointType: 'Gateway', routeTableIds, serviceName: `com.amazonaws.${Aws.REGION}.${service}`,
      });
    }
    const group = new ec2.CfnSecurityGroup(this, 'Endpoints', {
      groupDescription: 'Endpoints of AWS for builds of Kiro Worker',
      vpcId: vpc.id,
      securityGroupIngress: builds.map((sourceSecurityGroupId) => ({
        ipProtocol: 'tcp', fromPort: 443, toPort: 443, sourceSecurityGroupId, description: 'TLS from builds',
      })),
    });
    for (const service of ['secretsmanager', 'monitoring', 'logs']) {
      new ec2.CfnVPCEndpoint(this, service, {
        vpcId: vpc.id, vpcEndpointType: 'Interface', subnetIds: vpc.subnets, securityGroupIds: [group.attrGroupId],
        privateDnsEnabled: true, serviceName: `com.amazonaws.${Aws.REGION}.${service}`,
      });
    }
  }
}
