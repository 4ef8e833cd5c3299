// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/preflight"
)

// maxSkew is how far clocks may differ: leases are measured in minutes, and AWS refuses requests that are five off.
const maxSkew = time.Minute

// mostNamed is how many missing rights a line names.
const mostNamed = 5

// maxAnswer bounds an answer of the API server, in bytes.
const maxAnswer = 1 << 20

// found is what there is to look at.
type found struct {
	environments []v1alpha1.WorkEnvironment
	sources      []v1alpha1.WorkSource
}

// cluster checks the API server, and lists what there is. Without it nothing else can be looked at.
func (d *Doctor) cluster(ctx context.Context) (found, bool) {
	s := subject{d, "cluster"}
	var date time.Time
	reached := s.check(ctx, "API server", func(ctx context.Context) (message string, err error) {
		message, date, err = d.version(ctx)
		return message, err
	})
	if !reached {
		s.skip("the API server is not reached", "clock", "rights", "kinds", "objects", "installation")
		return found{}, false
	}
	s.check(ctx, "clock", func(context.Context) (string, error) {
		return skew("the API server", date.Sub(d.options.Clock.Now().Truncate(time.Second)))
	})
	s.check(ctx, "rights", d.rights)
	s.check(ctx, "kinds", func(ctx context.Context) (string, error) {
		return "the CRDs have every field that this version knows", preflight.Kinds(ctx, d.options.Config)
	})
	var f found
	listed := s.check(ctx, "objects", func(ctx context.Context) (message string, err error) {
		f, err = d.list(ctx)
		if err != nil {
			return "", err
		}
		message = fmt.Sprintf("%d environments, %d sources", len(f.environments), len(f.sources))
		if len(f.environments) == 0 {
			message += ": nothing works yet; make a WorkEnvironment and a WorkSource (config/samples has one of each)"
		}
		return message, nil
	})
	if !listed {
		s.skip("the objects are not known", "installation")
		return f, false
	}
	s.check(ctx, "installation", func(context.Context) (string, error) {
		for i := range f.environments {
			if err := f.environments[i].AnotherInstallation(d.options.Installation, d.options.Clock.Now()); err != nil {
				return "", err
			}
		}
		return "no other installation works on these environments", nil
	})
	return f, true
}

// version asks the API server for its version, and when that is.
func (d *Doctor) version(ctx context.Context) (message string, date time.Time, err error) {
	httpClient, err := rest.HTTPClientFor(d.options.Config)
	if err != nil {
		return "", date, fmt.Errorf("making a client of the API server: %w", err)
	}
	address, _, err := rest.DefaultServerUrlFor(d.options.Config)
	if err != nil {
		return "", date, fmt.Errorf("reading the API server's address: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.JoinPath("/version").String(), http.NoBody)
	if err != nil {
		return "", date, fmt.Errorf("asking the API server: %w", err)
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return "", date, fmt.Errorf("the API server is not reached: check --kubeconfig, or the pod's network policy (networkPolicy.apiServerPorts): %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return "", date, fmt.Errorf("reading the API server's answer: %w", err)
	}
	if response.StatusCode == http.StatusUnauthorized {
		return "", date, errors.New("the API server refuses the credentials: check the kubeconfig, or that the pod's service account exists")
	}
	var version struct{ GitVersion string }
	if err := json.Unmarshal(body, &version); err != nil || version.GitVersion == "" {
		return "", date, fmt.Errorf("what answers at %s is no API server (status %d): check the address", address.Host, response.StatusCode)
	}
	date, err = http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		date = d.options.Clock.Now()
	}
	return fmt.Sprintf("%s, Kubernetes %s", address.Host, version.GitVersion), date, nil
}

// skew says whether another clock is near enough to this one.
func skew(whose string, ahead time.Duration) (string, error) {
	if ahead.Abs() <= maxSkew {
		return fmt.Sprintf("within %s of %s", maxSkew, whose), nil
	}
	word := "ahead of"
	if ahead < 0 {
		word = "behind"
	}
	return "", fmt.Errorf("the clock of %s is %s %s this one: set this node's clock by NTP; AWS refuses requests that are five minutes off",
		whose, ahead.Abs().Round(time.Second), word)
}

// right is one verb on one resource.
type right struct{ verb, group, resource, subresource string }

func (r right) String() string {
	text := r.verb + " " + r.resource
	if r.subresource != "" {
		text += "/" + r.subresource
	}
	if r.group != "" {
		text += "." + r.group
	}
	return text
}

// rightsOfManager are what the manager does. A test compares them with the role that is generated from the controllers;
// Secrets are asked for where a source names one, and ConfigMaps where an environment does.
func rightsOfManager() []right {
	var all []right
	add := func(group, resource, subresource string, verbs ...string) {
		for _, verb := range verbs {
			all = append(all, right{verb, group, resource, subresource})
		}
	}
	own := v1alpha1.GroupVersion.Group
	add(own, "workenvironments", "", "list", "patch", "watch")
	add(own, "workitems", "", "create", "delete", "list", "patch", "watch")
	add(own, "worksources", "", "list", "watch")
	for _, resource := range []string{"workenvironments", "workitems", "worksources"} {
		add(own, resource, "status", "patch")
	}
	add("events.k8s.io", "events", "", "create", "patch")
	return all
}

// rights asks the API server whether the manager may do what it does.
func (d *Doctor) rights(ctx context.Context) (string, error) {
	for _, namespace := range d.namespaces() {
		var missing []string
		for _, r := range rightsOfManager() {
			review := &authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
				ResourceAttributes: &authorizationv1.ResourceAttributes{
					Namespace: namespace, Verb: r.verb, Group: r.group, Resource: r.resource, Subresource: r.subresource,
				},
			}}
			if err := d.options.Client.Create(ctx, review); err != nil {
				return "", fmt.Errorf("asking for the manager's rights: %w", err)
			}
			if !review.Status.Allowed {
				missing = append(missing, r.String())
			}
		}
		if len(missing) > 0 {
			where := "in namespace " + namespace
			if namespace == "" {
				where = "in all namespaces"
			}
			if more := len(missing) - mostNamed; more > 0 {
				missing = append(missing[:mostNamed:mostNamed], fmt.Sprintf("and %d things more", more))
			}
			return "", fmt.Errorf("the manager may not %s %s: install the chart with rbac.create, or bind its role to the manager's service account",
				strings.Join(missing, ", "), where)
		}
	}
	return "the manager may do what it does", nil
}

// list lists environments and sources, by namespace and name.
func (d *Doctor) list(ctx context.Context) (found, error) {
	var f found
	for _, namespace := range d.namespaces() {
		environments, sources := &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkSourceList{}
		for _, l := range []client.ObjectList{environments, sources, &v1alpha1.WorkItemList{}} {
			options := []client.ListOption{client.InNamespace(namespace)}
			if _, items := l.(*v1alpha1.WorkItemList); items {
				options = append(options, client.Limit(1)) // only whether the kind is known
			}
			if err := d.options.Client.List(ctx, l, options...); err != nil {
				return found{}, listError(err)
			}
		}
		f.environments = append(f.environments, environments.Items...)
		f.sources = append(f.sources, sources.Items...)
	}
	slices.SortFunc(f.environments, func(a, b v1alpha1.WorkEnvironment) int { return order(&a, &b) })
	slices.SortFunc(f.sources, func(a, b v1alpha1.WorkSource) int { return order(&a, &b) })
	return f, nil
}

func order(a, b client.Object) int {
	return strings.Compare(a.GetNamespace()+"/"+a.GetName(), b.GetNamespace()+"/"+b.GetName())
}

func listError(err error) error {
	switch {
	case meta.IsNoMatchError(err), apierrors.IsNotFound(err):
		return fmt.Errorf("the cluster does not know the kinds: install the CRDs (crds.enabled in the chart, or make install): %w", err)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("the manager may not list objects: where it works in some namespaces only, name them with --namespaces: %w", err)
	}
	return fmt.Errorf("listing objects: %w", err)
}
