// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/queue"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

type held struct{}

func (held) Snapshot(types.NamespacedName) (queue.Snapshot, bool) {
	return queue.Snapshot{Length: 2, First: []queue.Waiting{{Name: "card-1", Since: time.Unix(1, 0)}}}, true
}

func (held) Builds() []watch.Watched {
	return []watch.Watched{{Item: "team/card-2", Build: "worker:1", State: "IN_PROGRESS", Stage: "agent"}}
}

// One line of JSON says what waits, what runs, and what was last seen of it.
func TestDump(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "blue"}, Spec: v1alpha1.WorkEnvironmentSpec{Tier: v1alpha1.TierTest}}
	env.Status.SlotsInUse, env.Status.Slots = 1, []v1alpha1.SlotStatus{{Slot: 0, WorkItem: "prod/team/card-2"}}
	var out bytes.Buffer
	logger, err := logging.New(&out, "info")
	if err != nil {
		t.Fatal(err)
	}
	d := dumper{reader: fake.NewClientBuilder().WithScheme(scheme).WithObjects(env).WithStatusSubresource(env).Build(), queues: held{}, builds: held{}}
	d.dump(log.IntoContext(context.Background(), logger))
	var line struct {
		Environments []struct {
			Environment string
			QueueKnown  bool
			Queue       struct {
				Length int
				First  []struct{ Name string }
			}
		}
		Builds []watch.Watched
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v: %s", err, out.String())
	}
	if len(line.Environments) != 1 || len(line.Builds) != 1 {
		t.Fatalf("the dump is %s", out.String())
	}
	e := line.Environments[0]
	if e.Environment != "team/blue" || !e.QueueKnown || e.Queue.Length != 2 || e.Queue.First[0].Name != "card-1" || line.Builds[0].Stage != "agent" {
		t.Errorf("the dump is %s", out.String())
	}
}
