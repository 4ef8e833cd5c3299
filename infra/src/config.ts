// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Reads config.yaml. What is wrong with it is refused here, by the setting's name, before anything is made of it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { ErrorObject } from 'ajv';
import { parse } from 'yaml';
import { defaults, Settings, Tier, tierNames } from './defaults';

export const infraDir = join(__dirname, '..');

/** What a person has to correct, one line a setting. */
export class ConfigError extends Error {
  constructor(readonly problems: string[]) {
    super(['infra/config.yaml cannot be used:', ...problems.map((p) => `  - ${p}`)].join('\n'));
  }
}

const schema = JSON.parse(readFileSync(join(infraDir, 'config.schema.json'), 'utf8'));
const validate = new Ajv({ allErrors: true, strict: false }).compile<any>(schema);

export function loadConfig(path = join(infraDir, 'config.yaml')): Settings[] {
  return parseConfig(readFileSync(path, 'utf8'));
}

export function parseConfig(text: string): Settings[] {
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (e) {
    throw new ConfigError([`it is no YAML: ${(e as Error).message}`]);
  }
  if (!validate(raw)) {
    throw new ConfigError([...new Set((validate.errors ?? []).map(describe).filter((p) => p !== ''))]);
  }
  const project: string = raw.project ?? 'kiro-worker';
  const all = tierNames
    .filter((tier) => raw.tiers[tier] !== undefined)
    .map((tier) => merge(project, tier, raw.tags ?? {}, raw.tiers[tier]));
  const problems = [...all.flatMap(checkTier), ...checkTogether(all)];
  if (problems.length > 0) {
    throw new ConfigError(problems);
  }
  return all;
}

/** The tiers that a person asked for: one by name, or all. */
export function selectTiers(all: Settings[], name?: string): Settings[] {
  if (name === undefined || name === '') {
    return all;
  }
  const found = all.filter((s) => s.tier === name);
  if (found.length === 0) {
    throw new ConfigError([`tier ${JSON.stringify(name)} is not in it: it has ${all.map((s) => s.tier).join(', ')}`]);
  }
  return found;
}

function merge(project: string, tier: Tier, tags: Record<string, string>, raw: any): Settings {
  const d = defaults(project, tier);
  const sections = ['lockTable', 'artifacts', 'secrets', 'codeBuild', 'notifications', 'alarms'] as const;
  const merged: any = { ...d, ...raw, tags: { ...tags, ...raw.tags } };
  for (const section of sections) {
    merged[section] = { ...d[section], ...raw[section] };
  }
  const identity = raw.manager.identity;
  merged.manager = {
    ...raw.manager,
    identity: identity.type === 'principal' ? identity : { namespace: 'kiro-worker-system', serviceAccount: 'kiro-worker-manager', ...identity },
  };
  return merged;
}

/** S3 keeps names with these beginnings and ends for itself, and amzn-… names are taken. */
const reservedBucket = /^(xn--|sthree-|amzn-s3-demo-|amzn-|aws-)|(-s3alias|--ol-s3|--x-s3|--table-s3|\.mrap)$/;

function checkTier(s: Settings): string[] {
  const at = `tiers.${s.tier}`;
  const problems: string[] = [];
  const image = s.codeBuild.image;
  if (image?.startsWith('aws/codebuild/') && !s.codeBuild.worker) {
    problems.push(`${at}.codeBuild.worker: is missing: the image ${image} has no kiro-worker; say where a build gets it, or use an image of your own`);
  }
  const limit = s.codeBuild.concurrentBuildLimit;
  if (limit !== undefined && limit < 2 * s.concurrency) {
    problems.push(`${at}.codeBuild.concurrentBuildLimit: is ${limit}; it must be at least ${2 * s.concurrency}, twice the concurrency: a released build still finalizes while the next one starts`);
  }
  if (s.lockTable.replicas !== undefined) {
    problems.push(`${at}.lockTable.replicas: a lock table cannot be a global table: with eventual consistency two regions could both win a lock, and with strong consistency DynamoDB has neither transactions nor TTL; leave it out, and let builds in other regions use lockTable.from`);
  }
  if (s.lockTable.from?.tier === s.tier && s.lockTable.from.region === undefined) {
    problems.push(`${at}.lockTable.from.region: is missing: a tier that uses its own table uses the one of another region`);
  }
  if (s.artifacts.bucketName !== undefined && reservedBucket.test(s.artifacts.bucketName)) {
    problems.push(`${at}.artifacts.bucketName: ${JSON.stringify(s.artifacts.bucketName)} is taken: S3 keeps names of this pattern for itself`);
  }
  if (s.artifacts.expireDays <= s.artifacts.infrequentAccessDays) {
    problems.push(`${at}.artifacts.expireDays: is ${s.artifacts.expireDays}; it must be more than infrequentAccessDays, ${s.artifacts.infrequentAccessDays}`);
  }
  const { encryption, replicateTo, replicaKeyARN } = s.artifacts;
  if (replicateTo !== undefined && encryption === 'KMS' && replicaKeyARN === undefined) {
    problems.push(`${at}.artifacts.replicaKeyARN: is missing: what is encrypted with KMS is copied only with a key of the other region; name one, or set encryption: S3`);
  }
  if (replicaKeyARN !== undefined && (replicateTo === undefined || encryption !== 'KMS')) {
    problems.push(`${at}.artifacts.replicaKeyARN: has no effect without replicateTo and encryption: KMS`);
  }
  problems.push(...checkSecretEnv(s, `${at}.secrets.secretEnv`));
  if (s.alarms.durationMinutes >= s.codeBuild.timeoutMinutes) {
    problems.push(`${at}.alarms.durationMinutes: is ${s.alarms.durationMinutes}; builds end after ${s.codeBuild.timeoutMinutes} minutes, so it would never go off`);
  }
  return problems;
}

/** What the tests are given in plain text: secrets of the team's, that a build can read where it runs. */
function checkSecretEnv(s: Settings, at: string): string[] {
  const problems: string[] = [];
  const seen = new Set<string>();
  s.secrets.secretEnv.forEach(({ name, secretARN, keyARN }, i) => {
    const [, , , region, account, , secret] = secretARN.split(':') as [string, string, string, string, string, string, string];
    if (seen.has(name)) {
      problems.push(`${at}.${i}.name: ${name} is there already`);
    }
    seen.add(name);
    if (secret.startsWith(`${s.project}-`) && /^(test|staging|production)\/(github|git|agent)-/.test(secret.slice(s.project.length + 1))) {
      problems.push(`${at}.${i}.secretARN: ${secret} is a secret of the stacks' own; the tests would be given it in plain text`);
    }
    if (s.region !== undefined && region !== s.region) {
      problems.push(`${at}.${i}.secretARN: is in ${region}, and a build reads secrets in its own region, ${s.region}; replicate the secret there and name the copy`);
    }
    if (s.account !== undefined && account !== s.account && keyARN === undefined) {
      problems.push(`${at}.${i}.keyARN: is missing: a secret of another account can be read only under a key of that account's own`);
    }
    if (keyARN !== undefined && keyARN.split(':')[3] !== region) {
      problems.push(`${at}.${i}.keyARN: is in another region than the secret`);
    }
  });
  return problems;
}

/** Whether two settings may come to the same: one that is left out is what the credentials at deployment say. */
const mayBe = (a?: string, b?: string): boolean => a === undefined || b === undefined || a === b;

function checkTogether(all: Settings[]): string[] {
  const problems: string[] = [];
  const owners: Settings[] = [];
  const buckets = new Map<string, Tier>();
  for (const s of all) {
    if (s.artifacts.bucketName === undefined && s.account !== undefined && s.region !== undefined) {
      buckets.set(`${s.project}-${s.tier}-artifacts-${s.account}-${s.region}`, s.tier); // as names.ts has it
    }
  }
  for (const s of all) {
    const at = `tiers.${s.tier}`;
    const from = s.lockTable.from;
    if (from) {
      if (from.tier !== s.tier && !all.some((o) => o.tier === from.tier && !o.lockTable.from)) {
        problems.push(`${at}.lockTable.from.tier: the tier ${from.tier} is not configured, or has no table of its own`);
      }
    } else {
      const owner = owners.find((o) => o.lockTable.name === s.lockTable.name && mayBe(o.account, s.account) && mayBe(o.region, s.region));
      if (owner) {
        const where = owner.account === s.account && owner.region === s.region ? '' : ', unless account and region of both are set and differ';
        problems.push(`${at}.lockTable.name: ${JSON.stringify(s.lockTable.name)} is the table of tier ${owner.tier}${where}; give it another name, or share it on purpose with lockTable.from`);
      }
      owners.push(s);
    }
    const bucket = s.artifacts.bucketName;
    if (bucket !== undefined) {
      const other = buckets.get(bucket);
      if (other) {
        problems.push(`${at}.artifacts.bucketName: ${JSON.stringify(bucket)} is the bucket of tier ${other}`);
      }
      buckets.set(bucket, s.tier);
    }
  }
  return problems;
}

/** One problem of the schema in words. */
function describe(e: ErrorObject): string {
  const setting = e.instancePath.slice(1).replaceAll('/', '.');
  const at = (name: string) => [setting, name].filter((p) => p !== '').join('.');
  switch (e.keyword) {
    case 'if':
      return ''; // what is inside is reported by itself
    case 'additionalProperties':
      if (setting === 'tiers') {
        return `${at(e.params.additionalProperty)}: there is no such tier; tiers are ${tierNames.join(', ')}`;
      }
      return `${at(e.params.additionalProperty)}: there is no such setting`;
    case 'required':
      return `${at(e.params.missingProperty)}: is missing`;
    case 'enum':
      return `${setting}: must be one of ${e.params.allowedValues.join(', ')}`;
    case 'pattern':
      return `${setting}: has a form that is not allowed (${e.params.pattern})`;
    default:
      return `${setting || 'the file'}: ${e.message}`;
  }
}
