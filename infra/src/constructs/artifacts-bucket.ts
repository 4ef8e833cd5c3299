// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { CfnElement, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcards } from '../nag';
import { bucketName } from '../names';
import { Settings } from '../defaults';

/** What builds leave behind: logs, reports, diffs. Encrypted with S3's own keys, as the worker asks for. */
export class ArtifactsBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, s: Settings) {
    super(scope, id);
    const common = {
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      removalPolicy: RemovalPolicy.RETAIN,
    };
    const expiration = Duration.days(s.artifacts.expireDays);
    this.bucket = new s3.Bucket(this, 'Bucket', {
      ...common,
      bucketName: bucketName(s),
      versioned: true,
      lifecycleRules: [
        {
          id: 'age',
          transitions: [
            { storageClass: s3.StorageClass.INFREQUENT_ACCESS, transitionAfter: Duration.days(s.artifacts.infrequentAccessDays) },
          ],
          expiration,
          noncurrentVersionExpiration: expiration,
          abortIncompleteMultipartUploadAfter: Duration.days(7),
        },
        { id: 'delete-markers', expiredObjectDeleteMarker: true },
      ],
      serverAccessLogsBucket: s.artifacts.accessLogs ? this.accessLogs(common) : undefined,
      serverAccessLogsPrefix: s.artifacts.accessLogs ? 'access/' : undefined,
      replicationRules: s.artifacts.replicateTo
        ? [{ destination: s3.Bucket.fromBucketArn(this, 'Replica', s.artifacts.replicateTo), deleteMarkerReplication: false, priority: 0 }]
        : undefined,
    });
    if (!s.artifacts.accessLogs) {
      acknowledge(this.bucket, 'AwsSolutions-S1', `artifacts.accessLogs is off in ${s.tier}: its artifacts are throw-away, and CloudTrail shows who reads them.`);
    }
    if (s.artifacts.replicateTo) {
      const reason = "S3's replication role reads and writes every object of the two buckets that it is for; no list of objects exists.";
      const own = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnElement);
      acknowledgeWildcards(this, [[`<${own}.Arn>/*`, reason], [`${s.artifacts.replicateTo}/*`, reason]]);
    }
  }

  private accessLogs(common: s3.BucketProps): s3.Bucket {
    const logs = new s3.Bucket(this, 'AccessLogs', {
      ...common,
      lifecycleRules: [{ id: 'age', expiration: Duration.days(90), abortIncompleteMultipartUploadAfter: Duration.days(7) }],
    });
    acknowledge(logs, 'AwsSolutions-S1', 'This bucket holds the access logs; logging its own writes would never end.');
    return logs;
  }
}
