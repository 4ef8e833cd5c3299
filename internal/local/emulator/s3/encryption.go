// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package s3

import "net/http"

// The headers of an object's encryption at rest.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/specifying-kms-encryption.html
const (
	headerEncryption = "X-Amz-Server-Side-Encryption"
	headerKey        = "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id"

	ownKeys = "AES256"
	withKMS = "aws:kms"
)

// SetDefaultKey has a bucket encrypt with a KMS key what does not ask for anything else; empty is S3's own keys.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
func (e *Emulator) SetDefaultKey(bucket, keyARN string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.defaultKeys[bucket] = keyARN
}

// encrypt says how an object is encrypted, by its request or else by its bucket, and leaves that in the request.
func (e *Emulator) encrypt(bucket string, header http.Header) *problem {
	e.mu.Lock()
	byDefault := e.defaultKeys[bucket]
	e.mu.Unlock()
	key := header.Get(headerKey)
	switch asked := header.Get(headerEncryption); {
	case asked == "" && key == "" && byDefault != "":
		header.Set(headerEncryption, withKMS)
		header.Set(headerKey, byDefault)
	case asked == "" && key == "":
		header.Set(headerEncryption, ownKeys)
	case asked != withKMS && key != "":
		return &problem{http.StatusBadRequest, "InvalidArgument",
			"Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms"}
	case asked == withKMS && key == "":
		header.Set(headerKey, "alias/aws/s3") // the account's key for S3
	case asked != withKMS && asked != ownKeys:
		return &problem{http.StatusBadRequest, "InvalidArgument", "The encryption method specified is not supported"}
	}
	return nil
}
