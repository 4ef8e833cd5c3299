// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const pem = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----"

func TestParseCredentials(t *testing.T) {
	app := Credentials{AppID: 12, InstallationID: 34, PrivateKey: []byte(pem)}
	cases := map[string]struct {
		why  string
		text string
		want Credentials
		bad  bool
	}{
		"Token":         {why: "Most secrets are a token and nothing else; editors add a line end.", text: "ghp_x\n", want: Credentials{Token: "ghp_x"}},
		"JSONToken":     {why: "The console of Secrets Manager makes key-value pairs.", text: `{"token":"ghp_x"}`, want: Credentials{Token: "ghp_x"}},
		"App":           {why: "Ids are numbers.", text: `{"appID":12,"installationID":34,"privateKey":` + quote(pem) + `}`, want: app},
		"AppStrings":    {why: "Ids are strings where the console wrote them.", text: `{"appID":"12","installationID":"34","privateKey":` + quote(pem) + `}`, want: app},
		"OtherKeys":     {why: "A secret may hold things for others.", text: `{"token":"ghp_x","note":{"a":1}}`, want: Credentials{Token: "ghp_x"}},
		"Empty":         {why: "Nothing is no token.", text: " \n", bad: true},
		"BrokenJSON":    {why: "Half an object must not be taken for a token.", text: `{"token":"ghp_x"`, bad: true},
		"Both":          {why: "Which one was meant cannot be known.", text: `{"token":"ghp_x","appID":1}`, bad: true},
		"NoKey":         {why: "An App without its key can do nothing.", text: `{"appID":12,"installationID":34}`, bad: true},
		"NotPEM":        {why: "A path instead of a key is a common mistake.", text: `{"appID":12,"installationID":34,"privateKey":"/key.pem"}`, bad: true},
		"NegativeAppID": {why: "There is no such id.", text: `{"appID":-1,"installationID":34,"privateKey":` + quote(pem) + `}`, bad: true},
		"TwoLines":      {why: "A line end inside would be refused by net/http in words that quote the token.", text: "ghp_secret\nghp_y", bad: true},
		"Huge":          {why: "No secret is that long.", text: strings.Repeat("x", maxSecret+1), bad: true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := ParseCredentials(c.text)
			if c.bad {
				if !fault.IsTerminal(err) || fault.CodeOf(err) != fault.CodeCredentialsInvalid {
					t.Fatalf("%s\ngot %v", c.why, err)
				}
				if strings.Contains(err.Error(), "ghp_") {
					t.Errorf("the error gives the secret away: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%s\n%v", c.why, err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
		})
	}
}

func TestCredentialsFromMap(t *testing.T) {
	got, err := CredentialsFromMap(map[string][]byte{"appID": []byte("12\n"), "installationID": []byte("34"), "privateKey": []byte(pem + "\n"), "other": nil})
	if err != nil || !got.IsApp() || got.AppID != 12 || got.InstallationID != 34 || string(got.PrivateKey) != pem {
		t.Errorf("an App's Secret: %+v, %v", got, err)
	}
	got, err = CredentialsFromMap(map[string][]byte{"token": []byte("ghp_x")})
	if err != nil || got.IsApp() || got.Token != "ghp_x" {
		t.Errorf("a token's Secret: %+v, %v", got, err)
	}
	if _, err = CredentialsFromMap(nil); fault.CodeOf(err) != fault.CodeCredentialsInvalid {
		t.Errorf("an empty Secret: %v", err)
	}
}

func TestCredentialsAreNotPrinted(t *testing.T) {
	for _, c := range []Credentials{{Token: "ghp_secret"}, {AppID: 1, InstallationID: 2, PrivateKey: []byte("ghp_secret")}} {
		bytes := fmt.Sprintf("%v", []int{'g', 'h', 'p', '_'})
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			if text := fmt.Sprintf(format, c); strings.Contains(text, "ghp_secret") || strings.Contains(text, strings.Trim(bytes, "[]")) {
				t.Errorf("%s prints the secret: %s", format, text)
			}
		}
	}
}

func quote(s string) string { return fmt.Sprintf("%q", s) }
