// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// The names under which a secret holds its parts, in a Kubernetes Secret's data and in JSON alike.
const (
	keyToken          = "token"
	keyAppID          = "appID"
	keyInstallationID = "installationID"
	keyPrivateKey     = "privateKey"
)

// maxSecret is the longest secret that is looked at, in bytes: the largest that AWS Secrets Manager stores.
const maxSecret = 64 << 10

// Credentials are either a token, or a GitHub App's key with one installation of it.
type Credentials struct {
	Token string

	AppID          int64
	InstallationID int64
	PrivateKey     []byte // PEM
}

// IsApp reports whether they are a GitHub App's.
func (c Credentials) IsApp() bool { return c.AppID != 0 }

// String keeps a secret out of a log that prints the whole struct.
func (c Credentials) String() string { return "credentials (" + c.identity() + ")" }

// GoString does for %#v what String does for %v.
func (c Credentials) GoString() string { return c.String() }

// identity names the credentials without giving them away. Whatever GitHub counts by credentials, such as a
// rate limit, is remembered under this name.
func (c Credentials) identity() string {
	if c.IsApp() {
		return fmt.Sprintf("app-%d-%d", c.AppID, c.InstallationID)
	}
	sum := sha256.Sum256([]byte(c.Token))
	return "token-" + hex.EncodeToString(sum[:4])
}

// same reports whether two readings of a secret hold the same thing.
func (c Credentials) same(other Credentials) bool {
	return c.Token == other.Token && c.AppID == other.AppID && c.InstallationID == other.InstallationID &&
		string(c.PrivateKey) == string(other.PrivateKey)
}

// CredentialSource reads the current credentials. It is asked again every five minutes and when GitHub refuses
// what it gave, so that a rotated secret counts without a restart.
type CredentialSource interface {
	Credentials(ctx context.Context) (Credentials, error)
}

// CredentialSourceFunc is a function as a CredentialSource.
type CredentialSourceFunc func(ctx context.Context) (Credentials, error)

// Credentials implements CredentialSource.
func (f CredentialSourceFunc) Credentials(ctx context.Context) (Credentials, error) { return f(ctx) }

// Static is a source of credentials that never change.
func Static(c Credentials) CredentialSource {
	return CredentialSourceFunc(func(context.Context) (Credentials, error) { return c, nil })
}

// ParseCredentials reads a secret's text: a plain token, or a JSON object with `token`, or with `appID`,
// `installationID` and `privateKey`. Its error never quotes the text.
func ParseCredentials(value string) (Credentials, error) {
	value = strings.TrimSpace(value)
	if len(value) > maxSecret {
		return Credentials{}, invalidCredentials("the secret is longer than %d bytes", maxSecret)
	}
	if !strings.HasPrefix(value, "{") {
		return newCredentials(map[string]string{keyToken: value})
	}
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(value))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err != nil {
		return Credentials{}, invalidCredentials("the secret begins like a JSON object and is none")
	}
	parts := make(map[string]string, len(object))
	for key, part := range object {
		switch part := part.(type) {
		case string:
			parts[key] = part
		case json.Number:
			parts[key] = part.String()
		}
	}
	return newCredentials(parts)
}

// CredentialsFromMap reads the data of a Kubernetes Secret: the key `token`, or the keys `appID`,
// `installationID` and `privateKey`. Its error never quotes the data.
func CredentialsFromMap(data map[string][]byte) (Credentials, error) {
	parts := make(map[string]string, len(data))
	for _, key := range []string{keyToken, keyAppID, keyInstallationID, keyPrivateKey} {
		if value, ok := data[key]; ok {
			if len(value) > maxSecret {
				return Credentials{}, invalidCredentials("%s is longer than %d bytes", key, maxSecret)
			}
			parts[key] = string(value)
		}
	}
	return newCredentials(parts)
}

func newCredentials(parts map[string]string) (Credentials, error) {
	for key, value := range parts {
		parts[key] = strings.TrimSpace(value)
	}
	token, app := parts[keyToken], parts[keyAppID]+parts[keyInstallationID]+parts[keyPrivateKey]
	switch {
	case token != "" && app != "":
		return Credentials{}, invalidCredentials("the secret holds both a token and an App's key: take one out")
	case token != "":
		// A control character would be refused by net/http in words that quote the header.
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return Credentials{}, invalidCredentials("the token holds spaces or characters that no token has")
		}
		return Credentials{Token: token}, nil
	case app == "":
		return Credentials{}, invalidCredentials("the secret holds neither %s nor %s, %s and %s", keyToken, keyAppID, keyInstallationID, keyPrivateKey)
	}
	appID, err := positive(parts[keyAppID])
	if err != nil {
		return Credentials{}, invalidCredentials("%s %w", keyAppID, err)
	}
	installationID, err := positive(parts[keyInstallationID])
	if err != nil {
		return Credentials{}, invalidCredentials("%s %w", keyInstallationID, err)
	}
	if !strings.Contains(parts[keyPrivateKey], "-----BEGIN ") {
		return Credentials{}, invalidCredentials("%s is not a key in PEM format", keyPrivateKey)
	}
	return Credentials{AppID: appID, InstallationID: installationID, PrivateKey: []byte(parts[keyPrivateKey])}, nil
}

var errNotPositive = errors.New("must be a positive number")

func positive(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n <= 0 {
		return 0, errNotPositive
	}
	return n, nil
}

func invalidCredentials(format string, args ...any) error {
	return fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf("GitHub credentials: "+format, args...))
}
