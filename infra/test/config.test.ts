// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ConfigError, loadConfig, parseConfig, selectTiers } from '../src/config';

const manager = '{ cluster: main, namespaces: [a], identity: { type: principal } }';
const tier = (name: string, more = '') => `  ${name}:\n    manager: ${manager}\n${more}`;
const config = (...tiers: string[]) => `tiers:\n${tiers.join('\n')}`;
const production = (more: string) => config(tier('production', more));
const npm = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:npm-AbCdEf';
const secretEnv = (items: string, more = '') => production(`${more}    secrets: { secretEnv: [${items}] }`);

describe('config.yaml', () => {
  it('is good as it is committed', () => {
    assert.deepEqual(loadConfig().map((s) => s.tier), ['test', 'staging', 'production']);
  });

  it('has the defaults of its tier where it is silent', () => {
    const [test, prod] = parseConfig(config(tier('test'), tier('production')));
    assert.equal(test!.lockTable.name, 'kiro-worker-test-locks');
    assert.equal(test!.lockTable.deletionProtection, false);
    assert.equal(prod!.lockTable.deletionProtection, true);
    assert.equal(prod!.codeBuild.computeType, 'BUILD_GENERAL1_SMALL');
  });

  // Each refusal names the setting; a person finds it without reading the schema.
  const bad: Record<string, [text: string, says: RegExp]> = {
    'a wrong tier': [config(tier('prod')), /tiers\.prod: there is no such tier; tiers are test, staging, production/],
    'a malformed e-mail': [production('    notifications: { emails: [team@example] }'), /tiers\.production\.notifications\.emails\.0/],
    'an e-mail with a newline': [production('    notifications: { emails: ["a@b.c\\nbcc@d.e"] }'), /notifications\.emails\.0/],
    'a VPC without subnets': [production('    vpc: { id: vpc-0123456789abcdef0 }'), /tiers\.production\.vpc\.subnets: is missing/],
    'a VPC with an empty list of subnets': [production('    vpc: { id: vpc-0123456789abcdef0, subnets: [] }'), /tiers\.production\.vpc\.subnets/],
    'a threshold above 100 percent': [production('    alarms: { failureRatePercent: 101 }'), /tiers\.production\.alarms\.failureRatePercent/],
    'a threshold of zero': [production('    alarms: { testFailurePercent: 0 }'), /tiers\.production\.alarms\.testFailurePercent/],
    'an alarm that can never go off': [production('    alarms: { durationMinutes: 60 }'), /tiers\.production\.alarms\.durationMinutes/],
    'a bucket name that S3 keeps': [production('    artifacts: { bucketName: sthree-artifacts }'), /tiers\.production\.artifacts\.bucketName.*taken/],
    'a bucket name with an end that S3 keeps': [production('    artifacts: { bucketName: mine-s3alias }'), /artifacts\.bucketName.*taken/],
    'a bucket name in capitals': [production('    artifacts: { bucketName: Artifacts }'), /artifacts\.bucketName/],
    'two tiers with one table': [
      config(tier('test', '    lockTable: { name: locks }'), tier('production', '    lockTable: { name: locks }')),
      /tiers\.production\.lockTable\.name: "locks" is the table of tier test/,
    ],
    'two tiers with one table, of which one does not say its region': [
      config(tier('test', '    region: eu-west-1\n    lockTable: { name: locks }'), tier('production', '    lockTable: { name: locks }')),
      /tiers\.production\.lockTable\.name: "locks" is the table of tier test, unless account and region/,
    ],
    "the name of another tier's bucket": [
      config(tier('test', '    artifacts: { bucketName: kiro-worker-staging-artifacts-111122223333-eu-west-1 }'), tier('staging', '    account: "111122223333"\n    region: eu-west-1')),
      /tiers\.test\.artifacts\.bucketName: .* is the bucket of tier staging/,
    ],
    'two tiers with one bucket': [
      config(tier('test', '    artifacts: { bucketName: things }'), tier('staging', '    artifacts: { bucketName: things }')),
      /tiers\.staging\.artifacts\.bucketName/,
    ],
    'a table of a tier that is not there': [production('    lockTable: { from: { tier: test } }'), /tiers\.production\.lockTable\.from\.tier/],
    'a global table': [production('    lockTable: { replicas: [us-east-1] }'), /tiers\.production\.lockTable\.replicas: a lock table cannot be a global table/],
    'too few builds at once': [production('    concurrency: 4\n    codeBuild: { concurrentBuildLimit: 7 }'), /codeBuild\.concurrentBuildLimit: is 7; it must be at least 8/],
    "AWS's image without a worker": [production('    codeBuild: { image: "aws/codebuild/standard:7.0" }'), /tiers\.production\.codeBuild\.worker: is missing/],
    "a worker's address with a quote": [
      production(`    codeBuild: { image: "aws/codebuild/standard:7.0", worker: { url: "https://a/b'c", sha256: ${'0'.repeat(64)} } }`),
      /codeBuild\.worker\.url/,
    ],
    'artifacts that go before they are moved': [production('    artifacts: { expireDays: 30 }'), /artifacts\.expireDays/],
    'a copy without a key to encrypt it with': [production('    artifacts: { replicateTo: "arn:aws:s3:::copy-of-it" }'), /tiers\.production\.artifacts\.replicaKeyARN: is missing/],
    'a key for copies that are not made': [
      production('    artifacts: { replicaKeyARN: "arn:aws:kms:eu-west-1:111122223333:key/0123" }'), /artifacts\.replicaKeyARN: has no effect/,
    ],
    'a secret by a part of its ARN': [secretEnv('{ name: NPM_TOKEN, secretARN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:npm" }'), /tiers\.production\.secrets\.secretEnv\.0\.secretARN/],
    'every secret': [secretEnv('{ name: NPM_TOKEN, secretARN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:npm-*" }'), /secrets\.secretEnv\.0\.secretARN/],
    "a secret's value": [secretEnv('{ name: NPM_TOKEN, secretARN: npm_abcdefghijkl }'), /secrets\.secretEnv\.0\.secretARN/],
    "a variable of git's": [secretEnv(`{ name: GIT_SSH_COMMAND, secretARN: "${npm}" }`), /secrets\.secretEnv\.0\.name/],
    'a variable that changes which programs run': [secretEnv(`{ name: PATH, secretARN: "${npm}" }`), /secrets\.secretEnv\.0\.name/],
    'one variable twice': [secretEnv(`{ name: A, secretARN: "${npm}" }, { name: A, secretARN: "${npm}" }`), /secrets\.secretEnv\.1\.name: A is there already/],
    "the token for GitHub as the tests'": [
      secretEnv('{ name: A, secretARN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:kiro-worker-production/github-AbCdEf" }'),
      /secrets\.secretEnv\.0\.secretARN: .*plain text/,
    ],
    'a secret of another region': [secretEnv(`{ name: A, secretARN: "${npm}" }`, '    region: eu-central-1\n'), /secretEnv\.0\.secretARN: is in eu-west-1/],
    'a secret of another account without its key': [secretEnv(`{ name: A, secretARN: "${npm}" }`, '    account: "999988887777"\n'), /secretEnv\.0\.keyARN: is missing/],
    'a key of another region': [
      secretEnv(`{ name: A, secretARN: "${npm}", keyARN: "arn:aws:kms:eu-north-1:111122223333:key/0123" }`), /secretEnv\.0\.keyARN: is in another region/,
    ],
    'an alias for a key': [secretEnv(`{ name: A, secretARN: "${npm}", keyARN: "arn:aws:kms:eu-west-1:111122223333:alias/mine" }`), /secretEnv\.0\.keyARN/],
    'an encryption that is not there': [production('    artifacts: { encryption: none }'), /artifacts\.encryption: must be one of S3, KMS/],
    'an identity without what it needs': [
      'tiers:\n  test:\n    manager: { cluster: main, namespaces: [a], identity: { type: irsa } }',
      /tiers\.test\.manager\.identity\.oidcProviderARN: is missing/,
    ],
    'a setting that is not there': [production('    bucket: x'), /tiers\.production\.bucket: there is no such setting/],
    'no tier': ['tiers: {}', /tiers/],
    'no YAML': ['tiers: [', /no YAML/],
    nothing: ['', /the file/],
  };
  for (const [name, [text, says]] of Object.entries(bad)) {
    it(`is refused with ${name}`, () => {
      assert.throws(() => parseConfig(text), (e: unknown) => e instanceof ConfigError && says.test(e.message));
    });
  }

  it('reports everything that is wrong at once', () => {
    const text = production('    concurrency: 99\n    alarms: { failureRatePercent: -1 }');
    assert.throws(() => parseConfig(text), (e: unknown) => e instanceof ConfigError && e.problems.length === 2);
  });

  it('takes one name for tables of two regions', () => {
    const all = parseConfig(config(tier('test', '    region: eu-west-1\n    lockTable: { name: locks }'), tier('staging', '    region: eu-north-1\n    lockTable: { name: locks }')));
    assert.deepEqual(all.map((s) => s.lockTable.name), ['locks', 'locks']);
  });

  it('shares a table between tiers only on purpose', () => {
    const [, staging] = parseConfig(config(tier('test'), tier('staging', '    lockTable: { from: { tier: test } }')));
    assert.equal(staging!.lockTable.from!.tier, 'test');
  });

  it('refuses a tier that was asked for and is not in it', () => {
    assert.throws(() => selectTiers(loadConfig(), 'prod'), /tier "prod" is not in it/);
  });
});
