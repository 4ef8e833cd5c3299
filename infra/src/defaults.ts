// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// What a tier is where config.yaml is silent.

export const tierNames = ['test', 'staging', 'production'] as const;
export type Tier = (typeof tierNames)[number];

export type Colour = 'blue' | 'green';

export type Identity =
  | { type: 'irsa'; oidcProviderARN: string; namespace: string; serviceAccount: string; tiers?: Tier[] }
  | { type: 'podIdentity'; eksCluster: string; namespace: string; serviceAccount: string; tiers?: Tier[] }
  | { type: 'principal'; arn?: string };

/** Everything that is known of a tier, with every default filled in. */
export interface Settings {
  project: string;
  tier: Tier;
  account?: string;
  region?: string;
  tags: Record<string, string>;
  colours: Colour[];
  concurrency: number;
  lockTable: {
    name: string;
    from?: { tier: Tier; region?: string };
    replicas?: string[];
    pointInTimeRecovery: boolean;
    dailyBackups: boolean;
    deletionProtection: boolean;
    contributorInsights: boolean;
  };
  artifacts: {
    bucketName?: string;
    infrequentAccessDays: number;
    expireDays: number;
    accessLogs: boolean;
    encryption: 'S3' | 'KMS';
    replicateTo?: string;
    replicaKeyARN?: string;
  };
  secrets: {
    git: boolean;
    agent: boolean;
    secretEnv: Array<{ name: string; secretARN: string; keyARN?: string }>;
  };
  codeBuild: {
    image?: string;
    worker?: { url: string; sha256: string };
    traces?: { endpoint: string; headersSecretARN?: string };
    computeType: string;
    timeoutMinutes: number;
    queuedTimeoutMinutes: number;
    concurrentBuildLimit?: number;
    logRetentionDays: number;
    logsToS3: boolean;
    encryptLogs: boolean;
    npmCache: boolean;
  };
  vpc?: { id: string; subnets: string[]; securityGroups?: string[]; endpoints?: { routeTables: string[] } };
  manager: { cluster: string; namespaces: string[]; identity: Identity };
  notifications: { emails: string[]; escalationEmails: string[] };
  alarms: {
    failureRatePercent: number;
    durationMinutes: number;
    testFailurePercent: number;
    silentMinutes: number;
    controllerHeartbeat: boolean;
    escalateAfterMinutes: number;
  };
  buildEvents: boolean;
  budget?: { monthlyUSD: number; anomalyUSD?: number };
  permissionsBoundary?: string;
}

/** A value for test, staging, production. */
const by = <T>(tier: Tier, test: T, staging: T, production: T): T => ({ test, staging, production })[tier];

export function defaults(project: string, tier: Tier): Omit<Settings, 'manager'> {
  const production = tier === 'production';
  return {
    project,
    tier,
    tags: {},
    colours: ['blue'],
    concurrency: 1,
    lockTable: {
      name: `${project}-${tier}-locks`,
      pointInTimeRecovery: tier !== 'test',
      dailyBackups: production,
      deletionProtection: production,
      contributorInsights: production,
    },
    artifacts: { infrequentAccessDays: 30, expireDays: 90, accessLogs: production, encryption: production ? 'KMS' : 'S3' },
    secrets: { git: false, agent: true, secretEnv: [] },
    codeBuild: {
      computeType: 'BUILD_GENERAL1_SMALL',
      timeoutMinutes: 60,
      queuedTimeoutMinutes: 20,
      logRetentionDays: by(tier, 14, 30, 90),
      logsToS3: true,
      encryptLogs: production,
      npmCache: false,
    },
    notifications: { emails: [], escalationEmails: [] },
    alarms: {
      failureRatePercent: by(tier, 80, 50, 50),
      durationMinutes: 45,
      testFailurePercent: by(tier, 30, 15, 15),
      silentMinutes: by(tier, 60, 60, 30),
      controllerHeartbeat: false,
      escalateAfterMinutes: 60,
    },
    buildEvents: true,
  };
}
