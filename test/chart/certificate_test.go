// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
)

// verifies says whether the certificate in a Secret's data is its key's, and is good for a server's name by its ca.crt.
func verifies(data map[string]any, server string) error {
	parts := map[string][]byte{}
	for _, key := range []string{"ca.crt", "tls.crt", "tls.key"} {
		text, _ := data[key].(string)
		value, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(value) == 0 {
			return fmt.Errorf("the Secret's %s is not there: %w", key, err)
		}
		parts[key] = value
	}
	pair, err := tls.X509KeyPair(parts["tls.crt"], parts["tls.key"])
	if err != nil {
		return fmt.Errorf("certificate and key: %w", err)
	}
	authorities := x509.NewCertPool()
	if !authorities.AppendCertsFromPEM(parts["ca.crt"]) {
		return errors.New("ca.crt holds no certificate")
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{DNSName: server, Roots: authorities}); err != nil {
		return fmt.Errorf("verifying the certificate: %w", err)
	}
	return nil
}
