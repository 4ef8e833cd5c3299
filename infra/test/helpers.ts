// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { buildApp } from '../src/build-app';
import { parseConfig } from '../src/config';

const made = new Map<string, ReturnType<typeof synthesise>>();

/** The same, once for the same settings: a synthesis takes half a second. */
export function stacks(...settings: Parameters<typeof synthesise>): ReturnType<typeof synthesise> {
  const key = JSON.stringify(settings);
  made.set(key, made.get(key) ?? synthesise(...settings));
  return made.get(key)!;
}

/** The stacks of one tier with these further settings, without the checks of cdk-nag, which a synthesis makes. */
function synthesise(tier: string, more = '', identity = '{ type: principal }'): { data: Template; blue: Template; app: App } {
  const all = parseConfig(`tiers:\n  ${tier}:\n    manager: { cluster: main, namespaces: [a, b], identity: ${identity} }\n${more}`);
  const app = buildApp(all, all, {}, false);
  const find = (what: string) => Template.fromStack(app.node.findChild(`kiro-worker-${tier}-${what}`) as any);
  return { data: find('data'), blue: find('blue'), app };
}

/** A statement of the policy whose name contains `who`. */
export function statement(template: Template, who: string, sid: string): any {
  const all = { ...template.findResources('AWS::IAM::Policy'), ...template.findResources('AWS::IAM::ManagedPolicy') };
  const own = Object.entries(all).filter(([id]) => id.startsWith(who));
  return own.flatMap(([, p]: [string, any]) => p.Properties.PolicyDocument.Statement).find((s: any) => s.Sid === sid);
}
