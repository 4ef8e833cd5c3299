// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/duration"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// listFlags are the flags of list.
type listFlags struct {
	all      bool
	selector string
	output   string
}

func listCommand() command {
	return command{
		name: "list", short: "List work items, with the reason why each waits and its place in the queue.",
		long: "REASON is why an item waits, or how it ended. QUEUE is its place among the items that wait for a slot of its\n" +
			"environment: of the first ten as the environment's status has it, of the others as their priorities and ages say now.",
		prepare: func(flags *pflag.FlagSet) func(context.Context, *session, []string) error {
			f := &listFlags{}
			flags.BoolVarP(&f.all, "all-namespaces", "A", false, "List the items of all namespaces.")
			flags.StringVarP(&f.selector, "selector", "l", "", "List only items with these labels, for example team=shop.")
			flags.StringVarP(&f.output, "output", "o", "", "`wide` adds build, attempt and message.")
			return func(ctx context.Context, s *session, _ []string) error { return f.run(ctx, s) }
		},
	}
}

func (f *listFlags) run(ctx context.Context, s *session) error {
	if f.output != "" && f.output != "wide" {
		return misused("--output is %q, but only `wide` is supported; use `kubectl get workitems -o %s`", f.output, f.output)
	}
	selector, err := labels.Parse(f.selector)
	if err != nil {
		return misused("--selector: %w", err)
	}
	options := []client.ListOption{client.MatchingLabelsSelector{Selector: selector}}
	if !f.all {
		options = append(options, client.InNamespace(s.namespace))
	}
	items := &v1alpha1.WorkItemList{}
	if err := s.client.List(ctx, items, options...); err != nil {
		return fmt.Errorf("listing the work items: %w", err)
	}
	if len(items.Items) == 0 {
		fmt.Fprintln(s.errOut, f.none(s.namespace))
		return nil
	}
	queues, err := s.queues(ctx, f.all)
	if err != nil {
		return err
	}
	far, err := s.farPlaces(ctx, items.Items, queues)
	if err != nil {
		return err
	}
	t := table{items: items.Items, queues: queues, far: far, now: s.clock.Now(), namespaces: f.all, wide: f.output == "wide"}
	fmt.Fprint(s.out, t.String())
	return nil
}

func (f *listFlags) none(namespace string) string {
	if f.all {
		return "No work items found."
	}
	return fmt.Sprintf("No work items found in namespace %s.", namespace)
}

// queues are the queues of all environments. Without permission to read environments a note says so, and the rest is shown.
func (s *session) queues(ctx context.Context, all bool) (map[client.ObjectKey]v1alpha1.QueueStatus, error) {
	var options []client.ListOption
	if !all {
		options = append(options, client.InNamespace(s.namespace))
	}
	environments := &v1alpha1.WorkEnvironmentList{}
	err := s.client.List(ctx, environments, options...)
	switch {
	case apierrors.IsForbidden(err):
		fmt.Fprintln(s.errOut, "note: places in the queue are not shown, because you may not list workenvironments.")
	case err != nil:
		return nil, fmt.Errorf("listing the work environments: %w", err)
	}
	queues := map[client.ObjectKey]v1alpha1.QueueStatus{}
	for i := range environments.Items {
		queues[client.ObjectKeyFromObject(&environments.Items[i])] = environments.Items[i].Status.Queue
	}
	return queues, nil
}

// table is the table of list.
type table struct {
	items            []v1alpha1.WorkItem
	queues           map[client.ObjectKey]v1alpha1.QueueStatus
	far              map[types.UID]string // places that the queues' statuses do not show
	now              time.Time
	namespaces, wide bool
}

// String is the table as text, in the columns' widths of kubectl.
func (t table) String() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 6, 4, 3, ' ', 0)
	header := []string{"NAME", "PHASE", "REASON", "QUEUE", "TITLE", "STAGE", "TASKS", "COVERAGE", "BRANCH", "PR", "AGE"}
	if t.wide {
		header = append(header, "BUILD", "ATTEMPT", "MESSAGE")
	}
	t.line(w, "NAMESPACE", header)
	for i := range t.items {
		t.line(w, t.items[i].Namespace, t.row(&t.items[i]))
	}
	_ = w.Flush() // a builder never fails
	return text.String()
}

func (t table) line(w *tabwriter.Writer, namespace string, cells []string) {
	if t.namespaces {
		cells = append([]string{namespace}, cells...)
	}
	for i, cell := range cells {
		cells[i] = fault.Clean(cell)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

func (t table) row(item *v1alpha1.WorkItem) []string {
	tasks, build, attempt := "", "", ""
	if a := item.Status.Attempt; a != nil {
		tasks, attempt = a.Progress.Tasks, strconv.Itoa(int(a.Number))
		if a.Build != nil {
			build = a.Build.ID
		}
	}
	pr := ""
	if acc := item.Status.Accepted; acc != nil {
		pr = strconv.FormatInt(acc.PullRequest, 10)
	}
	ready := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionReady)
	reason, message := "", ""
	if ready != nil {
		message = ready.Message
		if ready.Status != metav1.ConditionTrue {
			reason = ready.Reason
		}
	}
	shown := item.Status.Summary
	cells := []string{
		item.Name, cmp.Or(string(item.Status.Phase), string(v1alpha1.PhasePending)), reason, cmp.Or(t.far[item.UID], place(item, t.queues)), shown.Title, shown.Stage, tasks,
		shown.Coverage, item.Spec.Branch, pr, duration.HumanDuration(t.now.Sub(item.CreationTimestamp.Time)),
	}
	if t.wide {
		cells = append(cells, build, attempt, message)
	}
	return cells
}

// place is an item's place in its environment's queue, for example "2/5"; empty if it does not wait there. It is
// what the environment's status shows: the first ten.
func place(item *v1alpha1.WorkItem, queues map[client.ObjectKey]v1alpha1.QueueStatus) string {
	if item.Status.Phase != v1alpha1.PhaseQueued {
		return ""
	}
	q, ok := queues[environmentKey(item)]
	if !ok || q.Length == 0 {
		return ""
	}
	for i, first := range q.First {
		if first.Name == item.Name {
			return fmt.Sprintf("%d/%d", i+1, q.Length)
		}
	}
	if int(q.Length) > len(q.First) {
		return fmt.Sprintf(">%d/%d", len(q.First), q.Length)
	}
	return "" // it came after the environment's status was written
}
