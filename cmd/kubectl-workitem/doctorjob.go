// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// doctorContainer is the name of the Job's container, and managerContainer of the one that it is made of.
	doctorContainer  = "doctor"
	managerContainer = "manager"
	// componentLabel tells the manager's pods from others. The network policies let both of these out.
	componentLabel = "app.kubernetes.io/component"
	// keepJob is how long a Job stays that could not be taken away, in seconds.
	keepJob = 600
	// nameLength is how much of a random text makes a Job's name its own.
	nameLength = 8
)

// findManager finds the manager's Deployment, by what it runs: how it is called is the installer's choice.
func (d *doctor) findManager(ctx context.Context) (*appsv1.Deployment, error) {
	all := &appsv1.DeploymentList{}
	err := d.client.List(ctx, all, client.InNamespace(d.manager))
	switch {
	case apierrors.IsForbidden(err) && d.manager == "":
		return nil, misused("you may not list Deployments in all namespaces; name the manager's with --manager-namespace")
	case apierrors.IsForbidden(err):
		return nil, fmt.Errorf("looking for the manager in namespace %s: %w; docs/kubectl-workitem.md has the Role that is needed", d.manager, err)
	case err != nil:
		return nil, fmt.Errorf("looking for the manager: %w", err)
	}
	var found []appsv1.Deployment
	for _, candidate := range all.Items {
		if managerOf(&candidate) != nil {
			found = append(found, candidate)
		}
	}
	switch len(found) {
	case 0:
		where := "any namespace"
		if d.manager != "" {
			where = "namespace " + d.manager
		}
		return nil, &exitError{exitNotFound, fmt.Errorf("no Deployment in %s runs the manager: install it, or name its namespace with --manager-namespace", where)}
	case 1:
		return &found[0], nil
	}
	var names []string
	for i := range found {
		names = append(names, found[i].Namespace+"/"+found[i].Name)
	}
	return nil, misused("several Deployments run a manager (%s); name one's namespace with --manager-namespace", strings.Join(names, ", "))
}

// managerOf is the container that runs the manager, or nil.
func managerOf(d *appsv1.Deployment) *corev1.Container {
	for i := range d.Spec.Template.Spec.Containers {
		c := &d.Spec.Template.Spec.Containers[i]
		if c.Name == managerContainer && slices.ContainsFunc(c.Args, func(arg string) bool { return strings.HasPrefix(arg, "--cluster-name") }) {
			return c
		}
	}
	return nil
}

// doctorJob is a Job that runs the doctor as a Deployment runs the manager: where it may run, as whom, with what it is given.
// The manager's own arguments go along: the doctor takes from them what concerns it.
func doctorJob(deployment *appsv1.Deployment, further []string, timeout time.Duration) (*batchv1.Job, error) {
	manager := managerOf(deployment)
	if manager == nil {
		return nil, fmt.Errorf("deployment %s/%s runs no manager", deployment.Namespace, deployment.Name)
	}
	template := *deployment.Spec.Template.DeepCopy()
	labels := maps.Clone(template.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[componentLabel] = doctorContainer // it is not the Deployment's, nor its Services'
	container := *manager.DeepCopy()
	container.Name, container.Args = doctorContainer, slices.Concat([]string{"doctor"}, further, manager.Args)
	container.Ports, container.StartupProbe, container.LivenessProbe, container.ReadinessProbe, container.Lifecycle = nil, nil, nil, nil, nil
	pod := template.Spec
	pod.Containers, pod.RestartPolicy, pod.TopologySpreadConstraints, pod.Affinity = []corev1.Container{container}, corev1.RestartPolicyNever, nil, nil
	pod.TerminationGracePeriodSeconds = nil
	return &batchv1.Job{
		TypeMeta: metav1.TypeMeta{APIVersion: batchv1.SchemeGroupVersion.String(), Kind: "Job"},
		ObjectMeta: metav1.ObjectMeta{
			Namespace: deployment.Namespace, Name: deployment.Name + "-doctor-" + strings.ToLower(rand.Text()[:nameLength]), Labels: labels,
		},
		Spec: batchv1.JobSpec{
			BackoffLimit: ptr.To[int32](0), TTLSecondsAfterFinished: ptr.To[int32](keepJob),
			ActiveDeadlineSeconds: ptr.To(int64(timeout / time.Second)),
			Template:              corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: pod},
		},
	}, nil
}
