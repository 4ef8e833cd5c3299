// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package secretsmanager is a server that speaks the part of Secrets Manager's protocol that reads secrets.
//
// Secrets are made, changed and deleted in Go. Each rule names the page of AWS's documentation that it imitates.
package secretsmanager

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// Service is the name under which calls are counted and made to fail.
const Service = "secretsmanager"

// maxBody bounds a request, in bytes: reading one needs little more than a name.
const maxBody = 1 << 20

// Options make an Emulator. The zero Options are good.
type Options struct {
	// Region and Account are those of the secrets' ARNs; by default eu-central-1 and 000000000000.
	Region, Account string
	// Faults counts calls and lets them fail; nil does neither.
	Faults *faults.Injector
	// Clock is the server's; nil is the real one.
	Clock clock.PassiveClock
}

// Emulator is the server. It is safe for concurrent use.
type Emulator struct {
	options Options
	handler http.Handler

	mu      sync.Mutex
	secrets map[string]*secret // by name
}

type secret struct {
	arn, name string
	created   time.Time
	deleted   time.Time // zero unless marked for deletion
	versions  []version // the last is current, the one before it previous
}

type version struct {
	id      string
	created time.Time
	value   *string
	binary  []byte
}

// The labels of versions.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html#term_version
const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// New returns a server without secrets.
func New(options Options) *Emulator {
	if options.Region == "" {
		options.Region = "eu-central-1"
	}
	if options.Account == "" {
		options.Account = "000000000000"
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	e := &Emulator{options: options, secrets: map[string]*secret{}}
	e.handler = http.HandlerFunc(e.serve)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(Service, WriteError)
		e.handler = options.Faults.Middleware(Service, Operation, e.handler)
	}
	return e
}

// Put makes a secret, or gives it a new value, and returns its ARN. The ARN ends in six characters that follow from
// the name, so that it stays the same from run to run; AWS's are random.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/whats-in-a-secret.html
func (e *Emulator) Put(name, value string) string { return e.put(name, version{value: &value}) }

// PutBinary is Put for a binary secret.
func (e *Emulator) PutBinary(name string, value []byte) string {
	return e.put(name, version{binary: value})
}

func (e *Emulator) put(name string, v version) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.putLocked(name, v)
}

// putLocked is put for a caller that holds mu.
func (e *Emulator) putLocked(name string, v version) string {
	now := e.options.Clock.Now()
	s := e.secrets[name]
	if s == nil {
		s = &secret{name: name, created: now, arn: fmt.Sprintf("arn:aws:secretsmanager:%s:%s:secret:%s-%s",
			e.options.Region, e.options.Account, name, digest(name)[:6])}
		e.secrets[name] = s
	}
	v.created = now
	id := digest(fmt.Sprint(name, len(s.versions)))
	v.id = fmt.Sprintf("%s-%s-%s-%s-%s", id[:8], id[8:12], id[12:16], id[16:20], id[20:32])
	s.versions, s.deleted = append(s.versions, v), time.Time{}
	return s.arn
}

// Delete marks a secret for deletion.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
func (e *Emulator) Delete(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s := e.secrets[name]; s != nil {
		s.deleted = e.options.Clock.Now()
	}
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Operation is the operation that a request names.
func Operation(r *http.Request) string {
	name, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if name != "secretsmanager" {
		return ""
	}
	return operation
}

// request is what reading operations take.
type request struct {
	SecretID     string `json:"SecretId"`
	VersionID    string `json:"VersionId"`
	VersionStage string `json:"VersionStage"`
	// Of CreateSecret and DeleteSecret.
	Name         string  `json:"Name"`
	SecretString *string `json:"SecretString"`
	Force        bool    `json:"ForceDeleteWithoutRecovery"`
}

func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	var in request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&in); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", "the body is not JSON")
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.find(in.SecretID)
	switch op := Operation(r); {
	case op == "CreateSecret":
		e.create(w, r, in)
	case op == "DeleteSecret" && s != nil:
		e.remove(w, s, in)
	case op != "GetSecretValue" && op != "DescribeSecret" && op != "DeleteSecret":
		WriteError(w, r, http.StatusBadRequest, "UnknownOperationException", "")
	case in.SecretID == "":
		WriteError(w, r, http.StatusBadRequest, "ValidationException",
			"1 validation error detected: Value at 'secretId' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case s == nil:
		WriteError(w, r, http.StatusBadRequest, "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
	case op == "DescribeSecret":
		write(w, http.StatusOK, s.describe())
	case !s.deleted.IsZero():
		WriteError(w, r, http.StatusBadRequest, "InvalidRequestException",
			"You can't perform this operation on the secret because it was marked for deletion.")
	default:
		e.value(w, r, s, in)
	}
}

// create answers CreateSecret.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
func (e *Emulator) create(w http.ResponseWriter, r *http.Request, in request) {
	switch {
	case in.Name == "":
		WriteError(w, r, http.StatusBadRequest, "ValidationException",
			"1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have length greater than or equal to 1")
	case e.secrets[in.Name] != nil:
		WriteError(w, r, http.StatusBadRequest, "ResourceExistsException", "The operation failed because the secret "+in.Name+" already exists.")
	default:
		arn := e.putLocked(in.Name, version{value: in.SecretString})
		write(w, http.StatusOK, map[string]string{"ARN": arn, "Name": in.Name})
	}
}

// remove answers DeleteSecret.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DeleteSecret.html
func (e *Emulator) remove(w http.ResponseWriter, s *secret, in request) {
	s.deleted = e.options.Clock.Now()
	if in.Force {
		delete(e.secrets, s.name)
	}
	write(w, http.StatusOK, map[string]any{"ARN": s.arn, "Name": s.name, "DeletionDate": epoch(s.deleted)})
}

// find looks a secret up by name, ARN, or ARN without its last six characters.
// https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen
func (e *Emulator) find(id string) *secret {
	if s := e.secrets[id]; s != nil {
		return s
	}
	for _, s := range e.secrets {
		if id == s.arn || id == s.arn[:len(s.arn)-len("-123456")] {
			return s
		}
	}
	return nil
}

// value answers GetSecretValue.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
func (e *Emulator) value(w http.ResponseWriter, r *http.Request, s *secret, in request) {
	for i, v := range s.versions {
		stages := s.stages(i)
		wanted := in.VersionStage
		if wanted == "" && in.VersionID == "" {
			wanted = current
		}
		if (in.VersionID != "" && in.VersionID != v.id) || (wanted != "" && (len(stages) == 0 || stages[0] != wanted)) {
			continue
		}
		answer := map[string]any{
			"ARN": s.arn, "Name": s.name, "VersionId": v.id, "VersionStages": stages, "CreatedDate": epoch(v.created),
		}
		if v.value != nil {
			answer["SecretString"] = *v.value
		} else {
			answer["SecretBinary"] = v.binary // base64, as encoding/json has it
		}
		write(w, http.StatusOK, answer)
		return
	}
	WriteError(w, r, http.StatusBadRequest, "ResourceNotFoundException",
		"Secrets Manager can't find the specified secret value for staging label: "+in.VersionStage)
}

func (s *secret) stages(i int) []string {
	switch len(s.versions) - i {
	case 1:
		return []string{current}
	case 2:
		return []string{previous}
	}
	return nil
}

// describe answers DescribeSecret.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
func (s *secret) describe() map[string]any {
	stages := map[string][]string{}
	for i, v := range s.versions {
		if labels := s.stages(i); labels != nil {
			stages[v.id] = labels
		}
	}
	answer := map[string]any{
		"ARN": s.arn, "Name": s.name, "CreatedDate": epoch(s.created),
		"LastChangedDate": epoch(s.versions[len(s.versions)-1].created), "VersionIdsToStages": stages,
	}
	if !s.deleted.IsZero() {
		answer["DeletedDate"] = epoch(s.deleted)
	}
	return answer
}

// epoch is a time as the service writes it.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }

func write(w http.ResponseWriter, status int, answer any) {
	b, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// WriteError writes an error in the service's form.
func WriteError(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	write(w, status, map[string]string{"__type": code, "Message": message})
}
