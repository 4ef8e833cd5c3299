// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/controlplane"
)

var items = flag.Int("items", 1000, "how many work items TestMemory makes")

const (
	// promised is the number of items that the chart's resources are enough for.
	promised = 10_000
	// atStart is what a manager may take beside its items.
	atStart = 150 << 20
)

// TestMemory: the memory that the chart gives the manager is enough for 10,000 items that wait. It makes a tenth of them; -items=10000
// makes all.
func TestMemory(t *testing.T) {
	own, err := controlplane.Start(controlplane.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = own.Stop() })
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, own.Kubeconfig, 0o600); err != nil {
		t.Fatal(err)
	}
	c := &cluster{kubectlPath: own.Kubectl, kubeconfig: kubeconfig, config: own.Config}
	c.kubectl(t, "", "create", "namespace", namespace)
	c.kubectl(t, "", "create", "namespace", team)
	c.helm(t, "install", release, chartDir, "--set", "clusterName=prod")
	manager := c.startManager(t)
	before := manager.memory(t)

	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	kube, err := client.New(own.Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	c.makeItems(t, kube, *items)
	eventually(t, "the manager looks at all items", func() error {
		list := &v1alpha1.WorkItemList{}
		if err := kube.List(t.Context(), list, client.InNamespace(team)); err != nil {
			return err
		}
		for i := range list.Items {
			if list.Items[i].Status.ObservedGeneration < 1 {
				return fmt.Errorf("%s was not looked at", list.Items[i].Name)
			}
		}
		return nil
	})
	after := manager.memory(t)

	container := c.deployment(t).Spec.Template.Spec.Containers[0]
	limit := container.Resources.Limits.Memory()
	t.Logf("the manager has %d MiB, and with %d items %d MiB of %s", before>>20, *items, after>>20, limit)
	// GOMEMLIMIT is nine tenths of the limit: above it the collector would work without end. Fewer items may take their part of that, and
	// what the process has before the first collection.
	most := limit.Value() * 9 / 10
	if part := most*int64(*items)/promised + atStart; part < most {
		most = part
	}
	if after > most {
		t.Errorf("with %d items it has %d MiB, and may have %d: %d would not fit into what the chart gives", *items, after>>20, most>>20, promised)
	}
}

// makeItems makes items as a board's cards make them, several at once.
func (c *cluster) makeItems(t *testing.T, kube client.Client, n int) {
	t.Helper()
	const atOnce = 8
	var wg sync.WaitGroup
	errs := make(chan error, n)
	for worker := range atOnce {
		wg.Go(func() {
			for i := worker; i < n; i += atOnce {
				id := fmt.Sprintf("PVTI_lADOAB12cd4AXyZ1zgR%06d", i)
				errs <- kube.Create(t.Context(), &v1alpha1.WorkItem{
					ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("card-%020d", i), Namespace: team},
					Spec: v1alpha1.WorkItemSpec{
						EnvironmentRef: v1alpha1.LocalObjectReference{Name: "staging"}, Repository: "example/shop", Branch: fmt.Sprintf("feature/some-work-%d", i),
						SpecPath: fmt.Sprintf(".kiro/specs/feature/some-work-%d", i), PullRequest: ptr.To(int64(i + 1)),
						Card: &v1alpha1.Card{Provider: "github", ID: id, Number: int64(i + 1), Title: fmt.Sprintf("Some work that somebody described, number %d", i)},
					},
				})
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

// memory is what the kernel would count against a container's limit: the process's own pages.
func (p *managerProcess) memory(t *testing.T) int64 {
	t.Helper()
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		if text, ok := strings.CutPrefix(line, "RssAnon:"); ok {
			kib, err := strconv.ParseInt(strings.Fields(text)[0], 10, 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatal("the kernel does not say how much memory the manager has")
	return 0
}
