// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// synth: synthesise the tiers into cdk.out, with all checks. templates: write what is committed under templates/ and policies/.
// diff: fail where what is committed differs from what config.yaml and the app make now.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { stringify } from 'yaml';
import { buildApp } from './build-app';
import { ConfigError, infraDir, loadConfig, selectTiers } from './config';
import { policies, Stack } from './policies';

/** CloudFormation's limit for a template that is given, not fetched from a bucket. */
export const maxTemplate = 51200;

const generated = ['templates', 'policies'];

/** Everything that is generated and committed, by its path under infra/. */
export function generate(): Record<string, string> {
  const all = loadConfig();
  const files: Record<string, string> = {};
  const assembly = buildApp(all, all, { outdir: join(infraDir, 'cdk.out', 'templates') }).synth();
  for (const s of all) {
    const stacks: Stack[] = assembly.stacks
      .filter((stack) => stack.stackName.startsWith(`${s.project}-${s.tier}-`))
      .map((stack) => ({ name: stack.stackName, template: stack.template }));
    for (const { name, template } of stacks) {
      const file = `templates/${s.tier}/${name.replace(`${s.project}-${s.tier}-`, '')}.yaml`;
      const text = stringify(template, { lineWidth: 0, aliasDuplicateObjects: false, indentSeq: false });
      if (Buffer.byteLength(text) > maxTemplate) {
        throw new Error(`${file} has ${Buffer.byteLength(text)} bytes; CloudFormation takes ${maxTemplate} without a bucket`);
      }
      files[file] = `# Generated from config.yaml by \`make infra-templates\`. Do not edit.\n${text}`;
    }
    for (const [file, policy] of Object.entries(policies(s.project, s.tier, stacks))) {
      files[`policies/${file}`] = `${JSON.stringify(policy, null, 2)}\n`;
    }
  }
  return files;
}

function committed(): string[] {
  const walk = (dir: string): string[] =>
    readdirSync(dir).flatMap((n) => (statSync(join(dir, n)).isDirectory() ? walk(join(dir, n)) : [relative(infraDir, join(dir, n))]));
  return generated.map((d) => join(infraDir, d)).filter(existsSync).flatMap(walk);
}

/** Paths of generated files that are not committed as they are generated. */
export function stale(): string[] {
  const files = generate();
  const differ = Object.keys(files).filter((f) => !existsSync(join(infraDir, f)) || readFileSync(join(infraDir, f), 'utf8') !== files[f]);
  return [...differ, ...committed().filter((f) => !(f in files))].sort();
}

function write(): void {
  const files = generate();
  generated.forEach((d) => rmSync(join(infraDir, d), { recursive: true, force: true }));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(infraDir, file)), { recursive: true });
    writeFileSync(join(infraDir, file), text);
  }
  console.log(`wrote ${Object.keys(files).length} files under infra/templates and infra/policies`);
}

function synth(tier?: string): void {
  const all = loadConfig();
  const out = join(infraDir, 'cdk.out');
  for (const stack of buildApp(selectTiers(all, tier), all, { outdir: out }).synth().stacks) {
    console.log(`${stack.stackName}: ${Object.keys(stack.template.Resources).length} resources, infra/cdk.out/${stack.templateFile}`);
  }
}

function main(): void {
  const [command, tier] = process.argv.slice(2);
  switch (command) {
    case 'synth':
      return synth(tier);
    case 'templates':
      return write();
    case 'diff': {
      const files = stale();
      if (files.length === 0) {
        console.log('infra/templates and infra/policies are what infra/config.yaml and the app make');
        return;
      }
      console.error(`these differ from what infra/config.yaml and the app make; run \`make infra-templates\` and commit:\n${files.map((f) => `  infra/${f}`).join('\n')}`);
      process.exit(1);
    }
    default:
      console.error('usage: cli.ts synth [TIER] | templates | diff');
      process.exit(2);
  }
}

if (require.main === module) {
  try {
    main();
  } catch (e) {
    if (!(e instanceof ConfigError)) {
      throw e;
    }
    console.error(e.message);
    process.exit(1);
  }
}
