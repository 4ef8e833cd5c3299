// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

import { CfnElement, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcards } from '../nag';
import { bucketName } from '../names';
import { Settings } from '../defaults';

/** What builds leave behind: logs, reports, diffs. Encrypted by default with S3's own keys or with the tier's, which uploads ask for too. */
export class ArtifactsBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, s: Settings, key: kms.IKey) {
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
      // A bucket key spares one call of KMS an object.
      ...(s.artifacts.encryption === 'KMS' && { encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true }),
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
        ? [{
            destination: s3.Bucket.fromBucketArn(this, 'Replica', s.artifacts.replicateTo), deleteMarkerReplication: false, priority: 0,
            ...(s.artifacts.replicaKeyARN && { sseKmsEncryptedObjects: true, kmsKey: kms.Key.fromKeyArn(this, 'ReplicaKey', s.artifacts.replicaKeyARN) }),
          }]
        : undefined,
    });
    if (!s.artifacts.accessLogs) {
      acknowledge(this.bucket, 'AwsSolutions-S1', `artifacts.accessLogs is off in ${s.tier}: its artifacts are throw-away, and CloudTrail shows who reads them.`);
    }
    if (s.artifacts.replicateTo) {
      const reason = "S3's replication role reads and writes every object of the two buckets that it is for; no list of objects exists.";
      const own = Stack.of(this).getLogicalId(this.bucket.node.defaultChild as CfnElement);
      acknowledgeWildcards(this, [[`<${own}.Arn>/*`, reason], [`${s.artifacts.replicateTo}/*`, reason]]);
      if (s.artifacts.replicaKeyARN) {
        this.acknowledgeReplicaKeys();
      }
    }
  }

  /** The actions on keys that the CDK gives to the role that copies. */
  private acknowledgeReplicaKeys(): void {
    for (const action of ['kms:GenerateDataKey*', 'kms:ReEncrypt*']) {
      acknowledge(this, `AwsSolutions-IAM5[Action::${action}]`, "KMS has these actions in two forms each; S3's documentation of the replication role gives them so.");
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
