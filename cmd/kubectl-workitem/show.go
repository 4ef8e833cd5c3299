// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func showCommand() command {
	return command{
		name: "show", args: "NAME", least: 1, most: 1,
		short: "Show everything that happened to a work item, and what to do next.",
		prepare: func(*pflag.FlagSet) func(context.Context, *session, []string) error {
			return func(ctx context.Context, s *session, args []string) error {
				item, err := s.item(ctx, args[0])
				if err != nil {
					return err
				}
				queues, err := s.queues(ctx, false)
				if err != nil {
					return err
				}
				far, err := s.farPlaces(ctx, []v1alpha1.WorkItem{*item}, queues)
				if err != nil {
					return err
				}
				st := story{item: item, place: cmp.Or(far[item.UID], place(item, queues)), now: s.clock.Now(), location: s.location}
				st.print(s.out)
				return nil
			}
		},
	}
}

// item reads one work item.
func (s *session) item(ctx context.Context, name string) (*v1alpha1.WorkItem, error) {
	item := &v1alpha1.WorkItem{}
	if err := s.client.Get(ctx, client.ObjectKey{Namespace: s.namespace, Name: name}, item); err != nil {
		return nil, fmt.Errorf("reading the work item: %w", err)
	}
	return item, nil
}

// story is what show prints about an item.
type story struct {
	item     *v1alpha1.WorkItem
	place    string // in the queue
	now      time.Time
	location *time.Location
}

func (s story) print(w io.Writer) {
	fmt.Fprintf(w, "%s/%s\n", s.item.Namespace, s.item.Name)
	s.block(w, "", s.head())
	fmt.Fprint(w, "\nTimeline\n")
	for _, e := range s.timeline() {
		fmt.Fprintf(w, "  %s  %7s  %s\n", s.date(e.at), s.age(e.at), clip(fault.Clean(e.text)))
	}
	s.block(w, "Attempt", s.attempt())
	s.block(w, "Result", s.result())
	fmt.Fprint(w, "\nWhat to do next\n")
	for _, line := range advice(s.item, s.place) {
		fmt.Fprintln(w, "  "+fault.Clean(line))
	}
}

// pair is a label and its text. One without a text is not shown.
type pair struct{ label, text string }

func (s story) block(w io.Writer, title string, pairs []pair) {
	first := true
	for _, p := range pairs {
		text := fault.Clean(p.text)
		if text == "" {
			continue
		}
		if first && title != "" {
			fmt.Fprintf(w, "\n%s\n", title)
		}
		first = false
		fmt.Fprintf(w, "  %-16s %s\n", p.label, text)
	}
}

func (s story) head() []pair {
	spec, status := s.item.Spec, s.item.Status
	card, source := "", "by hand"
	if c := spec.Card; c != nil {
		card = strings.TrimSpace(fmt.Sprintf("%s %s", c.Title, c.URL))
	}
	if spec.SourceRef != nil {
		source = "by WorkSource " + spec.SourceRef.Name
	}
	pr := ""
	if a := status.Accepted; a != nil {
		pr = fmt.Sprintf("#%d %s", a.PullRequest, a.PullRequestURL)
	}
	waits := ""
	if q := status.Queue; q != nil && status.Phase == v1alpha1.PhaseQueued {
		waits = strings.TrimSpace(q.Reason + " " + s.since(moment(q.Since)))
		if s.place != "" {
			waits += ", place " + s.place
		}
	}
	return []pair{
		{"Phase", cmp.Or(string(status.Phase), string(v1alpha1.PhasePending))},
		{"Waits for", waits},
		{"Card", card},
		{"Created", source},
		{"Repository", spec.Repository},
		{"Branch", spec.Branch},
		{"Spec", spec.SpecPath},
		{"Pull request", pr},
		{"Environment", spec.EnvironmentRef.Name},
		{"Priority", strconv.Itoa(int(spec.Priority))},
		{"Cancel", ifSet(spec.Cancel, "requested (spec.cancel)")},
		{"Being deleted", ifSet(!s.item.DeletionTimestamp.IsZero(), "yes")},
		{"Used", usage(status.Usage)},
		{"Correlation id", status.CorrelationID},
	}
}

func ifSet(set bool, text string) string {
	if set {
		return text
	}
	return ""
}

func (s story) attempt() []pair {
	a := s.item.Status.Attempt
	if a == nil {
		return nil
	}
	b := v1alpha1.BuildStatus{}
	if a.Build != nil {
		b = *a.Build
	}
	p := a.Progress
	return []pair{
		{"Number", strconv.Itoa(int(a.Number)) + ifSet(a.Last, ", the last if the work fails")},
		{"Outcome", a.Outcome},
		{"Lock id", a.LockID},
		{"Branch key", a.Parameters.BranchKey},
		{"Account, region", whereOf(a.Parameters.ProjectARN, a.Parameters.AWS.Region)},
		{"Build", strings.TrimSpace(b.ID + " " + b.Status + " " + b.Phase)},
		{"Build's log", cmp.Or(b.LogsURL, strings.TrimSpace(b.LogGroup+" "+b.LogStream))},
		{"Stage", p.Stage},
		{"Failed stage", p.FailedStage},
		{"Tasks", p.Tasks},
		{"Open tasks", strings.Join(p.OpenTasks, ", ")},
		{"Tests", tests(p.Tests)},
		{"Coverage", coverage(p.Coverage)},
		{"Repair rounds", rounds(p.Rounds)},
		{"Last heartbeat", s.when(moment(p.HeartbeatTime))},
		{"Must start by", ifSet(a.Outcome == "" && a.Build == nil, s.when(moment(a.Deadlines.StartBy)))},
		{"Must end by", ifSet(a.Outcome == "", s.when(moment(a.Deadlines.RunBy)))},
	}
}

// whereOf is where a build runs: the account and region of its project.
func whereOf(projectARN, region string) string {
	if account := accountOf(projectARN); account != "" {
		return account + ", " + region
	}
	return region
}

func (s story) result() []pair {
	r := s.item.Status.Result
	if r == nil {
		return nil
	}
	return []pair{
		{"Commit", r.Commit},
		{"Tests", tests(r.Tests)},
		{"Coverage", coverage(r.Coverage)},
		{"Agent", agentCost(r.Agent)},
		{"Artifacts", r.ArtifactsURL},
		{"Pull request", r.PullRequestURL},
		{"Log", r.LogsURL},
	}
}

func tests(t *v1alpha1.TestCounts) string {
	if t == nil {
		return ""
	}
	return fmt.Sprintf("%d passed, %d failed, %d skipped of %d", t.Passed, t.Failed, t.Skipped, t.Total)
}

// rounds says of each repair round what it was to repair and what became of it.
func rounds(all []v1alpha1.RepairRound) string {
	parts := make([]string, 0, len(all))
	for n, r := range all {
		parts = append(parts, fmt.Sprintf("%d: %s, %s", n+1, r.Outcome, cmp.Or(r.End, "under way or cut short")))
	}
	return strings.Join(parts, "; ")
}

// usage is what all attempts have used.
func usage(u *v1alpha1.Usage) string {
	if u == nil {
		return ""
	}
	text := fmt.Sprintf("%d builds, %d min", u.Builds, u.Minutes)
	if u.Credits != "" {
		text += ", " + u.Credits + " credits"
	}
	return text
}

func agentCost(c *v1alpha1.AgentCost) string {
	if c == nil {
		return ""
	}
	var parts []string
	if c.Credits != "" {
		parts = append(parts, c.Credits+" credits")
	}
	if c.Seconds > 0 {
		parts = append(parts, (time.Duration(c.Seconds) * time.Second).String())
	}
	return strings.Join(parts, ", ")
}

func coverage(c *v1alpha1.CoverageSummary) string {
	if c == nil {
		return ""
	}
	var parts []string
	for _, m := range []pair{{"lines", c.Lines}, {"functions", c.Functions}, {"branches", c.Branches}, {"statements", c.Statements}, {"changed lines", c.ChangedLines}} {
		if m.text != "" {
			parts = append(parts, m.label+" "+m.text)
		}
	}
	return strings.Join(parts, ", ")
}
