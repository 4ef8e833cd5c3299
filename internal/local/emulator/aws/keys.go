// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"net/http"
	"strings"
)

// keyUse is what a service asks of KMS in the name of whom it works for, where a resource has a key of its owner's.
type keyUse struct {
	service string // as in kms:ViaService
	actions []string
}

// keyUses are by the action that makes a service use the key.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/security-encryption.html#security-encryption-authz
// https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html#sns-what-permissions-for-sse
var keyUses = map[string]keyUse{
	"s3:PutObject":                  {"s3", []string{"kms:GenerateDataKey"}},
	"secretsmanager:GetSecretValue": {"secretsmanager", []string{"kms:Decrypt"}},
	"sns:Publish":                   {"sns", []string{"kms:GenerateDataKey", "kms:Decrypt"}},
}

// keyAccesses are what the accesses ask of KMS besides.
func (e *Endpoint) keyAccesses(region string, r *http.Request, found []Access) []Access {
	var all []Access
	for _, a := range found {
		use, ok := keyUses[a.Action]
		if !ok {
			continue
		}
		resource := a.Resource
		if use.service == "s3" {
			resource, _, _ = strings.Cut(resource, "/")
		}
		key := ""
		if e.options.KeyOf != nil {
			key = e.options.KeyOf(resource)
		}
		if use.service == "s3" {
			switch r.Header.Get("X-Amz-Server-Side-Encryption") {
			case "aws:kms":
				key = r.Header.Get("X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id")
			case "AES256":
				key = ""
			}
		}
		if key == "" {
			continue
		}
		for _, action := range use.actions {
			all = append(all, Access{Action: action, Resource: key, Context: map[string][]string{
				"kms:ViaService": {use.service + "." + region + ".amazonaws.com"},
			}})
		}
	}
	return all
}
