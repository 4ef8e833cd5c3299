// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// installationTokenLife is how long an installation's token lives
// (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-an-installation-access-token-for-a-github-app).
const installationTokenLife = time.Hour

// App is a GitHub App that is installed on an account.
type App struct {
	ID             int64
	InstallationID int64
	Account        string // the login that it is installed on
	PublicKey      *rsa.PublicKey
	Rights         Rights
}

type app struct {
	App
	slug string
	bot  *owner
}

// AddApp installs an App.
func (s *Server) AddApp(a App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ensureOwner(a.Account, true)
	slug := "app-" + strconv.FormatInt(a.ID, 10)
	s.apps[a.InstallationID] = &app{App: a, slug: slug, bot: s.ensureOwner(slug+"[bot]", false)}
}

var accessTokens = regexp.MustCompile(`^/app/installations/(\d+)/access_tokens$`)

func isAccessTokens(r *http.Request) bool { return accessTokens.MatchString(restPath(r)) }

// serveAccessTokens is
// https://docs.github.com/en/rest/apps/apps#create-an-installation-access-token-for-an-app.
func (s *Server) serveAccessTokens(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.ParseInt(accessTokens.FindStringSubmatch(restPath(r))[1], 10, 64)
	s.mu.Lock()
	defer s.mu.Unlock()
	installed, found := s.apps[id]
	_, assertion, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !found {
		writeMessage(w, http.StatusNotFound, "Not Found", docsREST)
		return
	}
	if err := installed.verify(assertion, s.clock.Now()); err != nil {
		writeMessage(w, http.StatusUnauthorized, err.Error(), docsREST)
		return
	}
	var asked struct {
		Repositories []string          `json:"repositories"`
		Permissions  map[string]string `json:"permissions"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, maxRESTBody)).Decode(&asked); err != nil && !errors.Is(err, io.EOF) {
		writeMessage(w, http.StatusBadRequest, "Problems parsing JSON", docsREST)
		return
	}
	rights, err := installed.narrow(asked.Repositories, asked.Permissions)
	if err != nil {
		writeMessage(w, http.StatusUnprocessableEntity, err.Error(), docsREST)
		return
	}
	issued := &token{value: "ghs_" + rand.Text(), user: installed.bot, rights: rights, app: installed,
		expiresAt: s.clock.Now().Add(installationTokenLife)}
	s.tokens[issued.value] = issued
	writeJSON(w, http.StatusCreated, map[string]any{
		"token": issued.value, "expires_at": issued.expiresAt.UTC().Format(time.RFC3339),
		"permissions":          permissionsOf(rights),
		"repository_selection": map[bool]string{true: "all", false: "selected"}[rights.Repositories == nil],
	})
}

// verify checks the JSON Web Token that an App signs with its key: RS256, issued by the App, at most ten minutes long
// (https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app).
func (a *app) verify(assertion string, now time.Time) error {
	undecodable := errors.New("A JSON web token could not be decoded") //nolint:staticcheck // GitHub's own wording
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return undecodable
	}
	var header struct {
		Algorithm string `json:"alg"`
	}
	var claims struct {
		Issuer    json.RawMessage `json:"iss"`
		IssuedAt  json.Number     `json:"iat"`
		ExpiresAt json.Number     `json:"exp"`
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil || header.Algorithm != "RS256" {
		return undecodable
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(a.PublicKey, crypto.SHA256, sum[:], signature) != nil ||
		strings.Trim(string(claims.Issuer), `"`) != strconv.FormatInt(a.ID, 10) {
		return undecodable
	}
	expires, _ := claims.ExpiresAt.Float64()
	issued, _ := claims.IssuedAt.Float64()
	switch {
	case expires <= float64(now.Unix()):
		return errors.New("'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires") //nolint:lll // one sentence
	case expires > float64(now.Add(10*time.Minute).Unix()):
		return errors.New("'Expiration time' claim ('exp') is too far in the future")
	case issued > float64(now.Unix()):
		return errors.New("'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	}
	return nil
}

func decodePart(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err //nolint:wrapcheck // only asked whether it is nil
	}
	return json.Unmarshal(text, into) //nolint:wrapcheck // only asked whether it is nil
}

// permissions names them as the API does.
func permissions(r *Rights) map[string]*Access {
	return map[string]*Access{
		"contents": &r.Contents, "pull_requests": &r.PullRequests, "issues": &r.Issues, "statuses": &r.Statuses,
		"checks": &r.Checks, "organization_projects": &r.Projects, "administration": &r.Administration,
	}
}

func permissionsOf(r Rights) map[string]string {
	out := map[string]string{"metadata": "read"}
	for name, access := range permissions(&r) {
		switch *access {
		case Read:
			out[name] = "read"
		case Write:
			out[name] = "write"
		case None:
		}
	}
	return out
}

// narrow gives a token no more than was asked for, and refuses what the installation does not have.
func (a *app) narrow(repositories []string, wanted map[string]string) (Rights, error) {
	rights := a.Rights
	if len(wanted) > 0 {
		had := permissions(&rights)
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			access := map[string]Access{"read": Read, "write": Write}[wanted[name]]
			if name == "metadata" {
				continue
			}
			if had[name] == nil || *had[name] < access {
				return Rights{}, errors.New("The permissions requested are not granted to this installation.") //nolint:staticcheck,revive // GitHub's own wording
			}
			*had[name] = access
		}
		for name, access := range had {
			if _, asked := wanted[name]; !asked {
				*access = None
			}
		}
	}
	if len(repositories) > 0 {
		rights.Repositories = nil
		for _, name := range repositories {
			rights.Repositories = append(rights.Repositories, a.Account+"/"+name)
		}
	}
	return rights, nil
}
