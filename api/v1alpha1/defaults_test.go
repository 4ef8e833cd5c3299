// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/yaml"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// schemaDefault is the default of a field in a kind's schema, as text.
func schemaDefault(t *testing.T, crd, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "crd", "bases", "kiro-worker.io_"+crd+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var at any
	if err := yaml.Unmarshal(text, &at); err != nil {
		t.Fatal(err)
	}
	step := func(key string) {
		m, ok := at.(map[string]any)
		if !ok || m[key] == nil {
			t.Fatalf("%s has no %q at %s", crd, key, path)
		}
		at = m[key]
	}
	step("spec")
	at = at.(map[string]any)["versions"].([]any)[0]
	step("schema")
	step("openAPIV3Schema")
	for _, field := range strings.Split(path, ".") {
		step("properties")
		step(field)
	}
	step("default")
	switch v := at.(type) {
	case string:
		return v
	case int64:
		return time.Duration(v).String()
	case float64:
		return time.Duration(v).String()
	}
	t.Fatalf("the default of %s is a %T", path, at)
	return ""
}

// A marker in a comment cannot name a constant, so the schema's defaults are compared with those of the code.
func TestSchemaDefaultsAreTheCodesDefaults(t *testing.T) {
	duration := func(text string) string {
		d, err := time.ParseDuration(text)
		if err != nil {
			t.Fatal(err)
		}
		return d.String()
	}
	plain := func(text string) string { return text }
	var environment v1alpha1.WorkEnvironment
	var source v1alpha1.WorkSource
	spec := &environment.Spec
	for _, c := range []struct {
		crd, path string
		read      func(string) string
		want      string
	}{
		{"workenvironments", "spec.lock.leaseDuration", duration, spec.LeaseDuration().String()},
		{"workenvironments", "spec.codeBuild.timeout", duration, spec.BuildTimeout().String()},
		{"workenvironments", "spec.codeBuild.queuedTimeout", duration, spec.QueuedTimeout().String()},
		{"workenvironments", "spec.concurrency", plain, time.Duration(spec.MaxConcurrency()).String()},
		{"workenvironments", "spec.gates.coverageThreshold", plain, time.Duration(spec.Gates.Threshold()).String()},
		{"workenvironments", "spec.gates.testCommand", plain, v1alpha1.DefaultTestCommand},
		{"workenvironments", "spec.gates.testTimeout", duration, spec.Gates.TestTimeoutOrDefault().String()},
		{"workenvironments", "spec.agent.taskTimeout", duration, spec.Agent.TaskTimeoutOrDefault().String()},
		{"workenvironments", "spec.agent.silenceTimeout", duration, spec.Agent.SilenceTimeoutOrDefault().String()},
		{"workenvironments", "spec.agent.repair.rounds", plain, time.Duration(spec.Agent.RoundsOrDefault()).String()},
		{"workenvironments", "spec.retention.succeeded", duration, spec.Retention.Keep(true).String()},
		{"workenvironments", "spec.retention.failed", duration, spec.Retention.Keep(false).String()},
		{"worksources", "spec.pollTimeout", duration, source.Spec.PollDeadline().String()},
		{"worksources", "spec.specPath", plain, source.Spec.SpecFolder("<branch>")},
	} {
		if got := c.read(schemaDefault(t, c.crd, c.path)); got != c.want {
			t.Errorf("%s: the schema's default is %s, the code's %s", c.path, got, c.want)
		}
	}
}

func TestPollInterval(t *testing.T) {
	tier := func(tier v1alpha1.Tier) *v1alpha1.WorkEnvironment {
		return &v1alpha1.WorkEnvironment{Spec: v1alpha1.WorkEnvironmentSpec{Tier: tier}}
	}
	own := v1alpha1.WorkSourceSpec{Interval: &metav1.Duration{Duration: time.Minute}}
	for _, c := range []struct {
		why         string
		source      v1alpha1.WorkSourceSpec
		environment *v1alpha1.WorkEnvironment
		want        time.Duration
	}{
		{"test boards are read every five minutes", v1alpha1.WorkSourceSpec{}, tier(v1alpha1.TierTest), 5 * time.Minute},
		{"and so are staging's", v1alpha1.WorkSourceSpec{}, tier(v1alpha1.TierStaging), 5 * time.Minute},
		{"production's every fifteen", v1alpha1.WorkSourceSpec{}, tier(v1alpha1.TierProduction), 15 * time.Minute},
		{"what the source says goes before its tier", own, tier(v1alpha1.TierProduction), time.Minute},
		{"an environment that does not exist has no tier", v1alpha1.WorkSourceSpec{}, nil, 5 * time.Minute},
	} {
		if got := c.source.PollInterval(c.environment); got != c.want {
			t.Errorf("%s: the interval is %s, want %s", c.why, got, c.want)
		}
	}
}

func TestLockAccess(t *testing.T) {
	spec := v1alpha1.WorkEnvironmentSpec{AWS: v1alpha1.AWSAccess{Region: "eu-west-1", RoleARN: "r"}}
	if got := spec.LockAccess(); got != spec.AWS {
		t.Errorf("by default the table is in the environment's region, got %+v", got)
	}
	spec.Lock.Region = "us-east-1"
	if got := spec.LockAccess(); got.Region != "us-east-1" || got.RoleARN != "r" {
		t.Errorf("the table's own region counts, got %+v", got)
	}
}

// Every outcome is known to the API by a reason of the same name, and has a class.
func TestOutcomeClasses(t *testing.T) {
	for reason, want := range map[string]contract.FailureClass{
		v1alpha1.ReasonSucceeded: contract.ClassNone, v1alpha1.ReasonAlreadyDone: contract.ClassNone, v1alpha1.ReasonAbandoned: contract.ClassNone,
		v1alpha1.ReasonCancelled: contract.ClassNone, v1alpha1.ReasonWithdrawn: contract.ClassNone, v1alpha1.ReasonDeleted: contract.ClassNone,
		v1alpha1.ReasonEnvironmentDeleted: contract.ClassNone,
		v1alpha1.ReasonTestsFailed:        contract.ClassWork, v1alpha1.ReasonTestsNotMeasured: contract.ClassWork,
		v1alpha1.ReasonCoverageTooLow: contract.ClassWork, v1alpha1.ReasonCoverageNotMeasured: contract.ClassWork,
		v1alpha1.ReasonAgentFailed: contract.ClassWork, v1alpha1.ReasonValidationFailed: contract.ClassWork,
		v1alpha1.ReasonCheckoutFailed: contract.ClassWork, v1alpha1.ReasonTimedOut: contract.ClassWork,
		v1alpha1.ReasonSteeringFailed: contract.ClassInfrastructure, v1alpha1.ReasonPullRequestFailed: contract.ClassInfrastructure,
		v1alpha1.ReasonUploadFailed: contract.ClassInfrastructure, v1alpha1.ReasonBuildFault: contract.ClassInfrastructure,
		v1alpha1.ReasonWorkerLost: contract.ClassInfrastructure, v1alpha1.ReasonWorkerSilent: contract.ClassInfrastructure,
		v1alpha1.ReasonInterrupted: contract.ClassInfrastructure, v1alpha1.ReasonInternalError: contract.ClassInfrastructure,
		v1alpha1.ReasonQueueTimedOut: contract.ClassInfrastructure, v1alpha1.ReasonLeaseLost: contract.ClassInfrastructure,
		v1alpha1.ReasonRetriesExhausted: contract.ClassInfrastructure,
		"OfALaterVersion":               contract.ClassInfrastructure,
	} {
		if got := contract.Outcome(reason).Class(); got != want {
			t.Errorf("%s is of class %q, want %q", reason, got, want)
		}
	}
}
