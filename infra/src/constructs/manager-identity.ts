// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { Aws, Fn } from 'aws-cdk-lib';
import * as eks from 'aws-cdk-lib/aws-eks';
import * as iam from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import { acknowledgeWildcards } from '../nag';
import { roleArn } from '../names';
import { Settings } from '../defaults';
import { parameterOr } from '../parameters';

/**
 * Who the manager is in AWS. With IRSA or Pod Identity a role is made for its service account, which may do one thing: assume
 * the controllers' roles of this tier, and of those that it is configured for. A plain principal exists already; the controllers' roles then trust it.
 */
export class ManagerIdentity extends Construct {
  /** ARN of the role or user that the manager runs as. */
  readonly arn: string;
  readonly role?: iam.Role;

  constructor(scope: Construct, id: string, s: Settings) {
    super(scope, id);
    const identity = s.manager.identity;
    if (identity.type === 'principal') {
      this.arn = parameterOr(this, 'ManagerPrincipalARN', identity.arn, 'ARN of the role or user that the manager runs as');
      return;
    }
    this.role = new iam.Role(this, 'Role', {
      roleName: `${s.project}-${s.tier}-manager`,
      description: `Kiro Worker's manager, ${s.tier}: assumes the controllers' roles`,
      assumedBy: identity.type === 'irsa' ? irsa(identity) : podIdentity(),
    });
    const controllers = [s.tier, ...(identity.tiers ?? [])].map((tier) => roleArn({ ...s, tier }, '*', 'controller'));
    this.role.addToPolicy(
      new iam.PolicyStatement({
        sid: 'AssumeController',
        actions: identity.type === 'podIdentity' ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole'],
        resources: controllers,
      }),
    );
    const reason = 'The wildcard is the colour of a compute stack: blue and green of a tier come and go.';
    acknowledgeWildcards(this.role, controllers.map((arn) => [arn, reason]));
    this.arn = this.role.roleArn;
    if (identity.type === 'podIdentity') {
      new eks.CfnPodIdentityAssociation(this, 'Association', {
        clusterName: identity.eksCluster,
        namespace: identity.namespace,
        serviceAccount: identity.serviceAccount,
        roleArn: this.role.roleArn,
      });
    }
  }
}

/** The token of one service account, for STS. */
function irsa(identity: { oidcProviderARN: string; namespace: string; serviceAccount: string }): iam.PrincipalBase {
  const issuer = Fn.select(1, Fn.split(':oidc-provider/', identity.oidcProviderARN));
  const literal = identity.oidcProviderARN.split(':oidc-provider/')[1] ?? issuer;
  return new iam.WebIdentityPrincipal(identity.oidcProviderARN, {
    StringEquals: {
      [`${literal}:aud`]: 'sts.amazonaws.com',
      [`${literal}:sub`]: `system:serviceaccount:${identity.namespace}:${identity.serviceAccount}`,
    },
  });
}

/** EKS tags the sessions that it makes, so it needs sts:TagSession as well. */
function podIdentity(): iam.PrincipalBase {
  return new iam.ServicePrincipal('pods.eks.amazonaws.com', {
    conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
  }).withSessionTags();
}
