// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"
)

// outcome is how a build's phases went.
type outcome struct {
	failed bool
	abort  bool // go on with FINALIZING
}

// run takes one build from PROVISIONING to its end. It returns when no process of the build is left.
func (s *Server) run(b *build) {
	defer s.running.Done()
	defer s.left(b)
	if b.faulty {
		s.overhead(b, phaseProvisioning)
		s.fail(b, statusFault, "INTERNAL_SERVICE_ERROR", "The emulator was told to make this build fault.")
		s.finish(b, statusFault)
		return
	}
	c, err := newContainer(b.dir, b.project.Run == nil)
	if err != nil {
		s.fail(b, statusFault, "INTERNAL_SERVICE_ERROR", err.Error())
		s.finish(b, statusFault)
		return
	}
	defer c.close()
	s.overhead(b, phaseProvisioning)
	if status := s.phases(b, c); status != "" {
		s.finish(b, status)
	}
}

// phases runs the phases from DOWNLOAD_SOURCE to FINALIZING. It returns the build's status, or nothing if the build
// was ended meanwhile. Guide, "Build phase transitions": a failed DOWNLOAD_SOURCE, INSTALL or PRE_BUILD goes on with
// FINALIZING; a failed BUILD goes on with POST_BUILD; "the UPLOAD_ARTIFACTS phase is always attempted, even if the
// BUILD phase fails".
func (s *Server) phases(b *build, c *container) string {
	if !s.enter(b, phaseDownloadSource) {
		return ""
	}
	s.overhead(b, phaseDownloadSource)
	out := outcome{}
	spec, err := s.source(b, c)
	if err != nil {
		c.logf("Phase context status code: YAML_FILE_ERROR Message: %s", err)
		s.fail(b, statusFailed, "YAML_FILE_ERROR", err.Error())
		out = outcome{failed: true, abort: true}
	}
	for _, p := range spec.ordered() {
		if out.abort {
			break
		}
		if !s.enter(b, p.kind) {
			return ""
		}
		s.overhead(b, p.kind)
		s.phase(b, c, p, &out)
	}
	if !out.abort {
		if !s.enter(b, phaseUploadArtifacts) {
			return ""
		}
		s.overhead(b, phaseUploadArtifacts)
	}
	if !s.enter(b, phaseFinalizing) {
		return ""
	}
	s.overhead(b, phaseFinalizing)
	if out.failed {
		return statusFailed
	}
	return statusSucceeded
}

// source reads the buildspec and writes the environment that the first command finds.
func (s *Server) source(b *build, c *container) (buildspec, error) {
	var spec buildspec
	if b.project.Run == nil {
		var err error
		if spec, err = parseBuildspec(b.project.Buildspec); err != nil {
			return buildspec{}, err
		}
	}
	c.shell = spec.Env.Shell
	return spec, c.setEnvironment(s.environment(b, c, spec))
}

// phase runs the commands of one phase and then, whatever became of them, those of its finally block. Guide,
// "Buildspec syntax": if one command fails, the phase's other commands are not run; "the commands in the finally
// block are run even if a command in the commands block fails".
func (s *Server) phase(b *build, c *container, p namedPhase, out *outcome) {
	c.logf("Entering phase %s", p.kind)
	message := s.commands(b, c, p, !out.failed)
	succeeding := !out.failed && message == ""
	if last := runAll(b, c, p.spec.Finally, succeeding); message == "" {
		message = last
	}
	if message == "" {
		c.logf("Phase complete: %s State: SUCCEEDED", p.kind)
		return
	}
	c.logf("Phase complete: %s State: FAILED", p.kind)
	c.logf("Phase context status code: COMMAND_EXECUTION_ERROR Message: %s", message)
	s.fail(b, statusFailed, "COMMAND_EXECUTION_ERROR", message)
	out.failed = true
	switch p.spec.OnFailure {
	case onFailureContinue:
		// What the build's status is in the end is not published; a build of which a part failed has failed.
	case onFailureAbort:
		out.abort = true
	default:
		out.abort = p.kind == phaseInstall || p.kind == phasePreBuild
	}
}

// commands runs the commands of a phase, or the project's function in their place.
func (s *Server) commands(b *build, c *container, p namedPhase, succeeding bool) string {
	if b.project.Run == nil || p.kind != phaseBuild {
		return runAll(b, c, p.spec.Commands, succeeding)
	}
	err := b.project.Run(b.ctx, Running{ID: b.id, ARN: b.arn, Dir: c.src, Env: s.environment(b, c, buildspec{}), Log: c.log})
	if err != nil {
		return err.Error()
	}
	return ""
}

// runAll runs commands up to the first that fails and returns what the service says about that one.
func runAll(b *build, c *container, all commands, succeeding bool) string {
	for _, command := range all {
		if b.ctx.Err() != nil {
			return "the build was ended"
		}
		c.logf("Running command %s", command)
		code, err := c.run(b.ctx, command, succeeding)
		switch {
		case errors.Is(err, errKilled):
			return "the build was ended"
		case err != nil:
			return fmt.Sprintf("Error while executing command: %s. Reason: %s", command, err)
		case code != 0:
			return fmt.Sprintf("Error while executing command: %s. Reason: exit status %d", command, code)
		}
	}
	return ""
}

// finish ends a build that ran to its end.
func (s *Server) finish(b *build, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.status == statusInProgress {
		b.current().finish(statusSucceeded, s.options.Clock.Now()) // FINALIZING succeeds, whatever the build came to
	}
	s.end(b, status)
}

// overhead is the time that a phase takes besides its commands.
func (s *Server) overhead(b *build, kind string) {
	d := b.project.PhaseTimes[kind]
	if d <= 0 {
		return
	}
	timer := s.options.Clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
	case <-b.ctx.Done():
	}
}

// environment is what the first command finds (guide, "Environment variables in build environments"): the container's
// own variables, under the buildspec's, under the project's, under those of StartBuild; the service's own win.
func (s *Server) environment(b *build, c *container, spec buildspec) map[string]string {
	env := c.environment()
	maps.Copy(env, b.project.Env)
	for name, value := range spec.Env.Variables {
		env[name] = string(value)
	}
	maps.Copy(env, b.start0.variables)
	maps.Copy(env, map[string]string{
		"AWS_REGION":                        s.options.Region,
		"AWS_DEFAULT_REGION":                s.options.Region,
		"CODEBUILD_BUILD_ARN":               b.arn,
		"CODEBUILD_BUILD_ID":                b.id,
		"CODEBUILD_BUILD_IMAGE":             "aws/codebuild/standard:7.0",
		"CODEBUILD_BUILD_NUMBER":            strconv.FormatInt(b.number, 10),
		"CODEBUILD_BUILD_SUCCEEDING":        "1",
		"CODEBUILD_CI":                      "true",
		"CODEBUILD_INITIATOR":               b.start0.initiator,
		"CODEBUILD_KMS_KEY_ID":              s.encryptionKey(),
		"CODEBUILD_LOG_PATH":                b.uuid,
		"CODEBUILD_RESOLVED_SOURCE_VERSION": b.start0.sourceVersion,
		"CODEBUILD_SOURCE_VERSION":          b.start0.sourceVersion,
		"CODEBUILD_SRC_DIR":                 c.src,
		"CODEBUILD_START_TIME":              strconv.FormatInt(b.start.UnixMilli(), 10),
	})
	return env
}

// logTime is the form of the times in a build's log.
const logTime = "2006/01/02 15:04:05.000000"

// logf writes a line of the service's own into the build's log, in its form.
func (c *container) logf(format string, args ...any) {
	_, _ = fmt.Fprintf(c.log, "[Container] %s %s\n", time.Now().UTC().Format(logTime), fmt.Sprintf(format, args...))
}
