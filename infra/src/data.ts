// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

/** What a compute stack has to know of what keeps data. */
export interface Data {
  tableName: string;
  tableArn: string;
  tableRegion?: string;
  bucketName: string;
  bucketArn: string;
  keyArn: string;
  /** GitHub first, then git and agent where there are. */
  secretArns: string[];
  githubSecretArn: string;
  gitSecretArn?: string;
  agentSecretArn?: string;
  itemsTopicArn: string;
  alarmsTopicArn: string;
  escalationTopicArn: string;
  deadLettersArn: string;
  deadLettersName: string;
  deadLettersUrl: string;
  managerArn: string;
  imageRepositoryArn: string;
  imageRepositoryUri: string;
}
