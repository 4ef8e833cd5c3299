// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package aws is one HTTP endpoint in front of all AWS emulators, as a client sees one with AWS_ENDPOINT_URL.
//
// A request says which service it is for only in its signature, so that is how requests are distinguished: by the
// credential scope "<access key>/<date>/<region>/<service>/aws4_request". Signatures are not computed; access keys
// are checked, and roles that are assumed get keys of their own.
package aws

import (
	"net/http"
	"strings"
	"sync"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// The services' names in signatures.
// https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
const (
	DynamoDB       = "dynamodb"
	CodeBuild      = "codebuild"
	S3             = "s3"
	SecretsManager = "secretsmanager"
	SNS            = "sns"
	SQS            = "sqs"
	CloudWatch     = "monitoring"
	STS            = "sts"
)

// Options make an Endpoint. The zero Options are good.
type Options struct {
	// AccessKeys are the access key ids that are known. None means that every one is.
	AccessKeys []string
	// Account is the roles' account; by default 000000000000.
	Account string
	// Faults counts calls of STS and lets them fail; nil does neither. Other services have their own.
	Faults *faults.Injector
	// Authorize decides every call of a known key; nil allows all. It may be called by several goroutines at once.
	Authorize Authorizer
	// KeyOf is the KMS key that a secret, topic or bucket is encrypted with, by its ARN; empty is one of AWS's own, which asks for
	// no permission. Nil is none.
	KeyOf func(resourceARN string) string
	// PartitionKey is the tables' partition key, which says which row a call is about; by default lockKey.
	PartitionKey string
	// Clock is the server's; nil is the real one.
	Clock clock.PassiveClock
}

// Endpoint is the server. It is safe for concurrent use.
type Endpoint struct {
	options Options

	mu       sync.Mutex
	services map[string]service
	keys     map[string]bool
	// principals are whose an access key id is.
	principals map[string]string
	roles      map[string]string // external id by role ARN
	issued     int
}

type service struct {
	handler    http.Handler
	writeError faults.ErrorWriter
}

// New returns an endpoint that knows STS only.
func New(options Options) *Endpoint {
	if options.Account == "" {
		options.Account = "000000000000"
	}
	if options.PartitionKey == "" {
		options.PartitionKey = "lockKey"
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	e := &Endpoint{
		options: options, services: map[string]service{},
		keys: map[string]bool{}, principals: map[string]string{}, roles: map[string]string{},
	}
	for _, key := range options.AccessKeys {
		e.keys[key] = true
	}
	var sts http.Handler = http.HandlerFunc(e.sts)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(STS, writeQueryError)
		sts = options.Faults.Middleware(STS, stsOperation, sts)
	}
	e.Handle(STS, sts, writeQueryError)
	return e
}

// Handle gives a service its handler, by its name in signatures. writeError is the form of its errors; nil is that of
// the JSON protocols.
func (e *Endpoint) Handle(name string, handler http.Handler, writeError faults.ErrorWriter) {
	if writeError == nil {
		writeError = writeJSONError
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.services[name] = service{handler: handler, writeError: writeError}
}

// AllowKey makes one more access key id known.
func (e *Endpoint) AllowKey(accessKeyID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys[accessKeyID] = true
}

// ServeHTTP implements http.Handler.
func (e *Endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, problem := parseScope(r.Header.Get("Authorization"))
	if problem != "" {
		// Nothing says which service was meant; this is what S3, the only one for browsers, answers.
		writeXML(w, http.StatusForbidden, s3Error{Code: "AccessDenied", Message: problem})
		return
	}
	e.mu.Lock()
	s, known := e.services[c.service]
	allowed := len(e.options.AccessKeys) == 0 || e.keys[c.accessKeyID]
	e.mu.Unlock()
	switch {
	case !known:
		writeJSONError(w, r, http.StatusNotImplemented, "UnknownService", "this endpoint has no service "+c.service)
	case !allowed:
		code, status := unknownKey(c.service)
		s.writeError(w, r, status, code, "The security token included in the request is invalid.")
	default:
		if reason := e.authorize(r, c); reason != "" {
			code, status := denied(c.service)
			s.writeError(w, r, status, code, reason)
			return
		}
		s.handler.ServeHTTP(w, r)
	}
}

// unknownKey is how services say that they do not know an access key.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
func unknownKey(service string) (code string, status int) {
	switch service {
	case S3:
		return "InvalidAccessKeyId", http.StatusForbidden
	case STS, SNS:
		return "InvalidClientTokenId", http.StatusForbidden
	default:
		return "UnrecognizedClientException", http.StatusBadRequest
	}
}

type scope struct {
	accessKeyID string
	region      string
	service     string
}

// What is wrong with a signature, in AWS's words.
const (
	noSignature  = "Request is missing Authentication Token"
	notSignature = "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters"
)

// parseScope reads the credential scope of a signature; problem says what is wrong with it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
func parseScope(authorization string) (c scope, problem string) {
	if authorization == "" {
		return scope{}, noSignature
	}
	algorithm, rest, _ := strings.Cut(authorization, " ")
	if algorithm != "AWS4-HMAC-SHA256" {
		return scope{}, notSignature
	}
	parameters := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		parameters[name] = value
	}
	fields := strings.Split(parameters["Credential"], "/")
	if len(fields) != 5 || fields[4] != "aws4_request" || parameters["SignedHeaders"] == "" || parameters["Signature"] == "" {
		return scope{}, notSignature
	}
	return scope{accessKeyID: fields[0], region: fields[2], service: fields[3]}, ""
}
