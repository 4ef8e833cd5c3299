// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Report is what became of the cards.
type Report struct {
	Snapshot
	// Wrong says what is not as it should be; empty is success.
	Wrong []string
	// Took is how long the cards took.
	Took time.Duration
	// Bucket is the artifacts' bucket.
	Bucket string
	// ArtifactsDir is where copies of the artifacts lie.
	ArtifactsDir string
	// Table is what `kubectl get workitems` says.
	Table string
	// Logs is the directory of the programs' logs.
	Logs string
}

func (s *System) report(snapshot Snapshot, started time.Time, wrong []string) *Report {
	r := &Report{
		Snapshot: snapshot, Wrong: wrong, Took: time.Since(started).Round(time.Second),
		Bucket: s.bucket(), ArtifactsDir: s.path("artifacts"), Logs: s.path("logs"),
	}
	if s.Kubectl != "" {
		//nolint:noctx // ended by the API server's own time-outs
		out, err := exec.Command(s.Kubectl, "--kubeconfig="+s.Kubeconfig, "get", "workitems").CombinedOutput()
		if err != nil {
			r.Wrong = append(r.Wrong, fmt.Sprintf("kubectl get workitems: %v", err))
		}
		r.Table = string(out)
	}
	if err := s.servers.saveArtifacts(r.Bucket, r.ArtifactsDir, snapshot.Artifacts); err != nil {
		r.Wrong = append(r.Wrong, err.Error())
	}
	return r
}

// OK reports whether every card ended as it should.
func (r *Report) OK() bool { return len(r.Wrong) == 0 }

// Write prints the report.
func (r *Report) Write(out io.Writer) {
	fmt.Fprintf(out, "\nWhat became of the cards, after %s:\n\n", r.Took)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  CARD\tOUTCOME\tTESTS\tCOVERAGE\tCOLUMN\tWHAT IT SHOWS")
	for _, s := range r.States {
		outcome, tests, coverage := ends(s)
		fmt.Fprintf(w, "  %s\t%s\t%s\t%s\t%s\t%s\n", s.Card.Title, outcome, tests, coverage, s.Column, s.Card.Story)
	}
	_ = w.Flush()
	if r.Table != "" {
		fmt.Fprintf(out, "\n$ kubectl get workitems\n%s", r.Table)
	}
	r.writePullRequest(out)
	r.writeArtifacts(out)
	r.writeSeparation(out)
	if !r.OK() {
		fmt.Fprintf(out, "\nNOT as it should be (logs are in %s):\n", r.Logs)
		for _, wrong := range r.Wrong {
			fmt.Fprintf(out, "  - %s\n", wrong)
		}
	}
}

func (r *Report) writePullRequest(out io.Writer) {
	for _, s := range r.States {
		if s.PullRequest == nil || s.Item == nil || !meta.IsStatusConditionTrue(s.Item.Status.Conditions, v1alpha1.ConditionSucceeded) {
			continue
		}
		fmt.Fprintf(out, "\nThe text of pull request #%d, %q:\n\n", s.PullRequest.Number, s.PullRequest.Title)
		for line := range strings.Lines(strings.TrimSpace(s.PullRequest.Body) + "\n") {
			fmt.Fprintf(out, "  | %s", line)
		}
		return
	}
}

func (r *Report) writeArtifacts(out io.Writer) {
	fmt.Fprintf(out, "\nArtifacts, in the bucket %s and copied to %s:\n\n", r.Bucket, r.ArtifactsDir)
	for _, s := range r.States {
		for _, key := range r.ArtifactsOf(s) {
			fmt.Fprintf(out, "  %-15s %s\n", s.Card.Title, key)
		}
	}
}

// writeSeparation says whether agent and tests were kept apart from the worker, in the words of a build's metadata.
func (r *Report) writeSeparation(out io.Writer) {
	for _, s := range r.States {
		for _, key := range r.ArtifactsOf(s) {
			var m struct {
				Separation string `json:"separation"`
			}
			text, err := os.ReadFile(filepath.Join(r.ArtifactsDir, filepath.FromSlash(key)))
			if path.Base(key) != "metadata.json" || err != nil || json.Unmarshal(text, &m) != nil || m.Separation == "" {
				continue
			}
			fmt.Fprintf(out, "\nSeparation of agent and tests from the worker: %s.\n", m.Separation)
			return
		}
	}
}

func ends(s State) (outcome, tests, coverage string) {
	outcome, tests, coverage = "no work item", "-", "-"
	if s.Item == nil {
		return outcome, tests, coverage
	}
	outcome = string(s.Item.Status.Phase)
	if c := meta.FindStatusCondition(s.Item.Status.Conditions, v1alpha1.ConditionSucceeded); c != nil {
		outcome = c.Reason
	}
	if r := s.Item.Status.Result; r != nil {
		if r.Tests != nil {
			tests = fmt.Sprintf("%d/%d", r.Tests.Passed, r.Tests.Total)
		}
		if r.Coverage != nil {
			coverage = orDash(r.Coverage.Lines)
		}
	}
	return outcome, tests, coverage
}

// WriteAround says how to look around in a system that stays up.
func (s *System) WriteAround(out io.Writer, r *Report) {
	name := "NAME"
	for _, state := range r.States {
		if state.Item != nil {
			name = state.Item.Name
			break
		}
	}
	fmt.Fprintf(out, "\nIt stays up until you press Ctrl-C. Look around:\n\n  export KUBECONFIG=%s\n", s.Kubeconfig)
	for _, command := range []string{
		"get workitems", "get workitems -o wide", "describe workitem " + name,
		"wait --for=condition=Succeeded workitem/" + name, "get workenvironments,worksources",
	} {
		fmt.Fprintf(out, "  %s %s\n", s.kubectl(), command)
	}
	fmt.Fprintf(out, "\nPut a new card on the board; it is seen within 15 s:\n\n  %s card add --dir %s --title \"Loyalty levels\" --spec loyalty\n",
		s.program("kiro-local"), s.options.Dir)
	fmt.Fprintf(out, "\nThe emulated GitHub listens on %s, AWS on %s; metrics are at %s; logs are in %s.\n",
		s.GitHubURL, s.AWSURL, s.MetricsURL, s.path("logs"))
}

// kubectl is the person's own, or where there is none ours.
func (s *System) kubectl() string {
	if _, err := exec.LookPath("kubectl"); err == nil {
		return "kubectl"
	}
	return s.Kubectl
}
