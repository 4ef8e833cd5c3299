// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// What `cdk` runs. -c tier=NAME leaves out other tiers, -c config=FILE reads another file than config.yaml.

import { App } from 'aws-cdk-lib';
import { buildApp } from './build-app';
import { ConfigError, loadConfig, selectTiers } from './config';

try {
  const context = new App({ autoSynth: false }).node;
  const all = loadConfig(context.tryGetContext('config'));
  buildApp(selectTiers(all, context.tryGetContext('tier') ?? process.env.TIER), all).synth();
} catch (e) {
  if (!(e instanceof ConfigError)) {
    throw e;
  }
  process.stderr.write(`${e.message}\n`);
  process.exit(1);
}
