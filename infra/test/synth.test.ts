// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { buildApp } from '../src/build-app';
import { maxTemplate, stale } from '../src/cli';
import { infraDir, parseConfig } from '../src/config';

describe('a synthesis', () => {
  // The committed templates are the snapshots: one a stack and tier.
  it('makes what is committed under templates/ and policies/', () => {
    assert.deepEqual(stale(), [], 'run `make infra-templates` and commit');
  });

  it('is what the CDK runs, for one tier, without credentials', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'kiro-worker-infra-'));
    try {
      const run = spawnSync(process.execPath, ['--import', 'tsx', 'src/app.ts'], {
        cwd: infraDir,
        env: { PATH: process.env.PATH, CDK_OUTDIR: outdir, CDK_CONTEXT_JSON: JSON.stringify({ tier: 'staging' }) },
        encoding: 'utf8',
      });
      assert.equal(run.status, 0, run.stderr);
      const made = readdirSync(outdir).filter((f) => f.endsWith('.template.json'));
      assert.deepEqual(made.sort(), ['kiro-worker-staging-blue.template.json', 'kiro-worker-staging-data.template.json']);
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  // cdk-nag runs in it: what has no explanation fails.
  it('passes AWS Solutions with everything switched on, and fits into CloudFormation', () => {
    const all = parseConfig(`
tiers:
  production:
    account: "111122223333"
    region: eu-central-1
    colours: [blue, green]
    concurrency: 50
    manager: { cluster: main, namespaces: [a, b], identity: { type: podIdentity, eksCluster: main } }
    secrets: { git: true, agent: true, secretEnv: [{ name: NPM_TOKEN, secretARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:npm-AbCdEf", keyARN: "arn:aws:kms:eu-central-1:111122223333:key/0123" }] }
    artifacts: { replicateTo: "arn:aws:s3:::copy-of-artifacts", replicaKeyARN: "arn:aws:kms:eu-west-1:111122223333:key/0123" }
    codeBuild: { image: "aws/codebuild/standard:7.0", npmCache: true, worker: { url: "https://example.com/w", sha256: ${'a'.repeat(64)} } }
    vpc: { id: vpc-0123456789abcdef0, subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], endpoints: { routeTables: [rtb-0123456789abcdef0] } }
    notifications: { emails: [a@b.example], escalationEmails: [c@d.example] }
    budget: { monthlyUSD: 5, anomalyUSD: 1 }
    permissionsBoundary: arn:aws:iam::111122223333:policy/limit
`);
    const outdir = mkdtempSync(join(tmpdir(), 'kiro-worker-infra-'));
    try {
      for (const stack of buildApp(all, all, { outdir }).synth().stacks) {
        assert.ok(JSON.stringify(stack.template).length < maxTemplate, `${stack.stackName} is too large`);
      }
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });
});
