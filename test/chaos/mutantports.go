// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"encoding/json"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// mutantPorts changes what the ports answer to the controller, but not to its watcher.
type mutantPorts struct {
	access.Clients
	table  func(lock.Table) lock.Table
	builds func(build.Service) build.Service
}

// Table implements access.Clients.
func (p mutantPorts) Table(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, name string) (lock.Table, error) {
	t, err := p.Clients.Table(ctx, namespace, aws, name)
	if err != nil || p.table == nil {
		return t, err
	}
	return p.table(t), nil
}

// Builds implements access.Clients.
func (p mutantPorts) Builds(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Service, error) {
	s, err := p.Clients.Builds(ctx, namespace, aws)
	if err != nil || p.builds == nil {
		return s, err
	}
	return p.builds(s), nil
}

// oneLook shows no slots any more once a lock was acquired.
type oneLook struct {
	lock.Table
	acquired bool
}

// Acquire implements lock.Acquirer.
func (o *oneLook) Acquire(ctx context.Context, r lock.Request) (lock.Lock, error) {
	o.acquired = true
	return o.Table.Acquire(ctx, r)
}

// Rows implements lock.Reader.
func (o *oneLook) Rows(ctx context.Context, keys []string) (map[string]lock.Row, error) {
	if o.acquired && len(keys) > 1 {
		return map[string]lock.Row{}, nil
	}
	return o.Table.Rows(ctx, keys)
}

// presumedOver answers that every build is over, without asking.
type presumedOver struct{ build.Service }

// Get implements build.Observer.
func (presumedOver) Get(_ context.Context, refs []build.Reference) (map[build.Reference]build.Build, []build.Reference, error) {
	found := map[build.Reference]build.Build{}
	for _, ref := range refs {
		found[ref] = build.Build{Reference: ref, State: build.StateStopped, EndTime: epoch.Add(-time.Hour)}
	}
	return found, nil, nil
}

// unversioned writes status and metadata without the resourceVersion that was read.
type unversioned struct{ client.Client }

// Patch implements client.Client.
func (u unversioned) Patch(ctx context.Context, obj client.Object, patch client.Patch, o ...client.PatchOption) error {
	return u.Client.Patch(ctx, obj, versionless{patch}, o...)
}

// Status implements client.Client.
func (u unversioned) Status() client.SubResourceWriter { return unversionedStatus{u.Client.Status()} }

type unversionedStatus struct{ client.SubResourceWriter }

// Patch implements client.SubResourceWriter.
func (u unversionedStatus) Patch(ctx context.Context, obj client.Object, patch client.Patch, o ...client.SubResourcePatchOption) error {
	return u.SubResourceWriter.Patch(ctx, obj, versionless{patch}, o...)
}

// versionless is a patch that applies whatever the object has become.
type versionless struct{ client.Patch }

// Data implements client.Patch.
func (v versionless) Data(obj client.Object) ([]byte, error) {
	data, err := v.Patch.Data(obj)
	if err != nil {
		return nil, err
	}
	var doc map[string]any
	if err := json.Unmarshal(data, &doc); err != nil {
		return nil, err
	}
	if metadata, ok := doc["metadata"].(map[string]any); ok {
		delete(metadata, "resourceVersion")
	}
	return json.Marshal(doc)
}

// forgetful writes an intent only together with what became of it.
type forgetful struct {
	client.Client
	bases map[types.NamespacedName]*v1alpha1.WorkItem
}

// Status implements client.Client.
func (f forgetful) Status() client.SubResourceWriter { return forgetfulStatus{f.Client.Status(), f} }

type forgetfulStatus struct {
	client.SubResourceWriter
	f forgetful
}

// Patch implements client.SubResourceWriter.
func (s forgetfulStatus) Patch(ctx context.Context, obj client.Object, patch client.Patch, o ...client.SubResourcePatchOption) error {
	item, ok := obj.(*v1alpha1.WorkItem)
	if !ok {
		return s.SubResourceWriter.Patch(ctx, obj, patch, o...)
	}
	key := client.ObjectKeyFromObject(item)
	if base := s.f.bases[key]; base != nil {
		delete(s.f.bases, key)
		return s.SubResourceWriter.Patch(ctx, obj, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}), o...)
	}
	stored := &v1alpha1.WorkItem{}
	if err := s.f.Get(ctx, key, stored); err != nil {
		return err
	}
	if was, is := stored.Status.Attempt, item.Status.Attempt; is != nil && is.IntentTime != nil && is.Build == nil && is.StartCalls == 0 &&
		is.Outcome == "" && (was == nil || was.Number < is.Number) && stored.ResourceVersion == item.ResourceVersion {
		s.f.bases[key] = stored
		return nil
	}
	return s.SubResourceWriter.Patch(ctx, obj, patch, o...)
}

// impatient shows an environment as one whose deletion cancels its items.
type impatient struct{ client.Client }

// Get implements client.Reader.
func (i impatient) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	if err := i.Client.Get(ctx, key, o, options...); err != nil {
		return err
	}
	if env, ok := o.(*v1alpha1.WorkEnvironment); ok {
		env.Spec.OnDelete = v1alpha1.OnDeleteCancel
	}
	return nil
}
