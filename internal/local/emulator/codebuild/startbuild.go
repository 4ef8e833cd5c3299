// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"encoding/json"
	"maps"
	"strings"
	"time"
)

const (
	plaintext = "PLAINTEXT"
	// tokenLife is how long an idempotency token is known (API, StartBuild: "valid for 5 minutes").
	tokenLife = 5 * time.Minute
	// Bounds of the time-outs (API, Project and StartBuild: "from 5 to 2160 (36 hours)"; guide, "Builds": queued
	// "between five minutes and eight hours").
	minMinutes, maxMinutes, maxQueuedMinutes = 5, 2160, 480
	// reservedPrefix must not begin a variable's name (guide, "Environment variables in build environments"). What
	// the service does with one is not published; here it is refused, so that nobody relies on it.
	reservedPrefix = "CODEBUILD_"
)

// token is an idempotency token with the parameters that it came with.
type token struct {
	at         time.Time
	parameters string
	build      *build
}

func (s *Server) startBuild(in startBuildInput) (buildOutput, *apiError) {
	p := s.projects[in.ProjectName]
	if p == nil {
		return buildOutput{}, resourceNotFound("Project cannot be found: %s", s.arn("project/"+in.ProjectName))
	}
	if err := checkStart(in); err != nil {
		return buildOutput{}, err
	}
	if known, err := s.known(in); err != nil || known != nil {
		if err != nil {
			return buildOutput{}, err
		}
		return buildOutput{s.wireBuild(known)}, nil
	}
	if err := s.checkLimits(p); err != nil {
		return buildOutput{}, err
	}
	b := s.newBuild(p, startOf(p, in))
	if in.IdempotencyToken != "" {
		s.tokens[in.IdempotencyToken] = token{at: b.start, parameters: parameters(in), build: b}
	}
	s.submit(b)
	return buildOutput{s.wireBuild(b)}, nil
}

// known returns the build that the request's token started. API, StartBuild: "If you repeat the StartBuild request
// with the same token, but change a parameter, CodeBuild returns a parameter mismatch error." The modelled errors of
// StartBuild have only InvalidInputException for that.
func (s *Server) known(in startBuildInput) (*build, *apiError) {
	if in.IdempotencyToken == "" {
		return nil, nil
	}
	t, ok := s.tokens[in.IdempotencyToken]
	if !ok || s.options.Clock.Since(t.at) >= tokenLife {
		return nil, nil
	}
	if t.parameters != parameters(in) {
		return nil, invalidInput("The idempotency token was used with other parameters")
	}
	return t.build, nil
}

func parameters(in startBuildInput) string {
	in.IdempotencyToken = ""
	text, err := json.Marshal(in)
	if err != nil {
		panic(err) // strings and numbers can be encoded
	}
	return string(text)
}

func checkStart(in startBuildInput) *apiError {
	if n := in.TimeoutInMinutesOverride; n != nil && (*n < minMinutes || *n > maxMinutes) {
		return invalidInput("Invalid timeout: timeoutInMinutes must be between %d and %d minutes", minMinutes, maxMinutes)
	}
	if n := in.QueuedTimeoutInMinutesOverride; n != nil && (*n < minMinutes || *n > maxQueuedMinutes) {
		return invalidInput("Invalid queued timeout: queuedTimeoutInMinutes must be between %d and %d minutes", minMinutes, maxQueuedMinutes)
	}
	if n := in.AutoRetryLimitOverride; n != nil && *n < 0 {
		return invalidInput("Invalid auto-retry limit: must not be negative")
	}
	for _, v := range in.EnvironmentVariablesOverride {
		if err := checkVariable(v); err != nil {
			return err
		}
	}
	return nil
}

func checkVariable(v wireVariable) *apiError {
	switch {
	case strings.HasPrefix(v.Name, reservedPrefix):
		return invalidInput("Invalid environment variable %s: the prefix %s is reserved", v.Name, reservedPrefix)
	case !variableName.MatchString(v.Name):
		return invalidInput("Invalid environment variable name %q", v.Name)
	case v.Type != "" && v.Type != plaintext:
		return invalidInput("Environment variable %s: the emulator has no type %s", v.Name, v.Type)
	case strings.ContainsRune(v.Value, 0):
		return invalidInput("Environment variable %s: a value cannot contain NUL", v.Name)
	}
	return nil
}

// checkLimits decides whether one more build can be taken. Guide, "Builds": with a concurrent build limit on the
// project, "builds return an error if the number of running builds reaches the concurrent build limit"; without,
// "builds are queued", and "the maximum number of builds in a queue is five times the concurrent build limit". The
// messages are as users report them.
func (s *Server) checkLimits(p *project) *apiError {
	if p.ConcurrentBuildLimit > 0 {
		active := 0
		for _, b := range s.order {
			if b.project.Name == p.Name && b.status == statusInProgress {
				active++
			}
		}
		if active >= p.ConcurrentBuildLimit {
			return accountLimitExceeded("Cannot have more than %d active builds for the project", p.ConcurrentBuildLimit)
		}
	}
	if s.active >= s.options.ConcurrentBuilds && len(s.queue) >= s.options.MaxQueued {
		return accountLimitExceeded("Cannot have more than %d builds in queue for the account", max(s.options.MaxQueued, 0))
	}
	return nil
}

// start is what a build is started with: the request over the project (guide, "Environment variables": start-build,
// then project, then buildspec).
type start struct {
	variables            map[string]string
	sourceVersion        string
	timeout, queued      int // minutes
	retryLimit, retryNum int
	previous             *build
	initiator            string
}

func startOf(p *project, in startBuildInput) start {
	st := start{
		variables: maps.Clone(p.Variables), sourceVersion: in.SourceVersion,
		timeout: p.TimeoutMinutes, queued: p.QueuedTimeoutMinutes, retryLimit: p.AutoRetryLimit,
	}
	if st.variables == nil {
		st.variables = map[string]string{}
	}
	for _, v := range in.EnvironmentVariablesOverride {
		st.variables[v.Name] = v.Value
	}
	for _, o := range []struct {
		value *int
		into  *int
	}{
		{in.TimeoutInMinutesOverride, &st.timeout},
		{in.QueuedTimeoutInMinutesOverride, &st.queued},
		{in.AutoRetryLimitOverride, &st.retryLimit},
	} {
		if o.value != nil {
			*o.into = *o.value
		}
	}
	return st
}
