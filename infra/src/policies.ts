// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// The policies of the templates as plain JSON, for people who make roles with another tool. What only a deployment knows is a
// placeholder that Terraform's templatefile() fills: ${partition}, ${region}, ${account}, ${key_arn}, ${manager_principal_arn}.

export interface Template {
  Resources: Record<string, { Type: string; Properties: any }>;
  Outputs?: Record<string, { Value: unknown; Export?: { Name: string } }>;
  Parameters?: Record<string, unknown>;
}

export interface Stack {
  name: string;
  template: Template;
}

/** Policies by file name, of the stacks of one tier. */
export function policies(project: string, tier: string, stacks: Stack[]): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  for (const stack of stacks) {
    const resolve = resolver(stack, stacks);
    const file = (roleName: string, suffix = '') => {
      const who = roleName.replace(`${project}-${tier}-`, '').replace(/^(blue|green)-/, '');
      return `${tier}/${who}${suffix}.json`;
    };
    for (const [id, { Type, Properties }] of Object.entries(stack.template.Resources)) {
      if (Type === 'AWS::IAM::Role' && Properties.RoleName) {
        found[file(Properties.RoleName, '.trust')] = resolve(Properties.AssumeRolePolicyDocument);
        const own = Object.values(stack.template.Resources).filter(
          (r) => r.Type === 'AWS::IAM::Policy' && r.Properties.Roles?.some((ref: any) => ref.Ref === id),
        );
        if (own.length > 0) {
          found[file(Properties.RoleName)] = {
            Version: '2012-10-17',
            Statement: own.flatMap((p) => (resolve(p.Properties.PolicyDocument) as any).Statement),
          };
        }
      }
      if (Type === 'AWS::IAM::ManagedPolicy') {
        found[file(Properties.ManagedPolicyName)] = resolve(Properties.PolicyDocument);
      }
    }
  }
  return found;
}

const pseudo: Record<string, string> = {
  'AWS::Partition': '${partition}',
  'AWS::Region': '${region}',
  'AWS::AccountId': '${account}',
  'AWS::URLSuffix': '${url_suffix}',
  ManagerPrincipalARN: '${manager_principal_arn}',
};

const arn = (service: string, rest: string) => `arn:\${partition}:${service}:\${region}:\${account}:${rest}`;

/** What a resource's Ref or Arn will look like. */
function resolver(stack: Stack, all: Stack[]): (value: unknown) => unknown {
  const resource = (id: string, attribute: string): string => {
    const r = stack.template.Resources[id];
    if (!r) {
      throw new Error(`${stack.name} refers to ${id}, which is not in it`);
    }
    const p = r.Properties;
    const name = (v: unknown) => String(resolve(v));
    switch (`${r.Type}.${attribute}`) {
      case 'AWS::DynamoDB::Table.Arn':
        return arn('dynamodb', `table/${name(p.TableName)}`);
      case 'AWS::KMS::Key.Arn':
        return '${key_arn}';
      case 'AWS::SecretsManager::Secret.Ref':
        return arn('secretsmanager', `secret:${name(p.Name)}-??????`);
      case 'AWS::SNS::Topic.Ref':
        return arn('sns', name(p.TopicName));
      case 'AWS::SQS::Queue.Arn':
        return arn('sqs', name(p.QueueName));
      case 'AWS::ECR::Repository.Arn':
        return arn('ecr', `repository/${name(p.RepositoryName)}`);
      case 'AWS::IAM::Role.Arn':
        return `arn:\${partition}:iam::\${account}:role/${name(p.RoleName)}`;
    }
    throw new Error(`${stack.name}: say in policies.ts what ${attribute} of a ${r.Type} looks like`);
  };
  const imported = (name: string): unknown => {
    for (const other of all) {
      const output = Object.values(other.template.Outputs ?? {}).find((o) => o.Export?.Name === name);
      if (output) {
        return resolver(other, all)(output.Value);
      }
    }
    throw new Error(`no stack exports ${name}`);
  };
  const resolve = (value: any): unknown => {
    if (Array.isArray(value)) {
      return value.map(resolve);
    }
    if (typeof value !== 'object' || value === null) {
      return value;
    }
    if (typeof value.Ref === 'string') {
      return pseudo[value.Ref] ?? resource(value.Ref, 'Ref');
    }
    if (value['Fn::GetAtt']) {
      return resource(value['Fn::GetAtt'][0], value['Fn::GetAtt'][1]);
    }
    if (value['Fn::ImportValue']) {
      return imported(value['Fn::ImportValue']);
    }
    if (value['Fn::Join']) {
      return (resolve(value['Fn::Join'][1]) as string[]).join(value['Fn::Join'][0]);
    }
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, resolve(v)]));
  };
  return resolve;
}
