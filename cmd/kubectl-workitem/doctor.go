// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/pflag"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

const (
	// pollPod is the time between two looks at the doctor's pod.
	pollPod = time.Second
	// deleteTimeout bounds the request that takes the Job away.
	deleteTimeout = 10 * time.Second
)

// doctor runs `manager doctor` in the cluster, as the manager runs there.
type doctor struct {
	*session

	manager      string // the manager's namespace
	build        string
	repositories []string
	timeout      time.Duration
	print        bool
}

func doctorCommand() command {
	return command{
		name: "doctor", short: "Check in the cluster whether an installation can work.",
		long: "Runs `manager doctor` as a Job with the image, the arguments and the service account of the manager's Deployment, shows its\n" +
			"lines and takes the Job away. A line for everything that environments and sources name: ok, or what to do.\n" +
			"The exit code is 0 if every check passed, else 1.",
		prepare: func(flags *pflag.FlagSet) func(context.Context, *session, []string) error {
			d := &doctor{}
			flags.StringVar(&d.manager, "manager-namespace", "", "Namespace of the manager's Deployment. Default: the only one that has one.")
			flags.StringVar(&d.build, "build", "", "Name of a WorkEnvironment: start a build there that only looks, with the build's own role.")
			flags.StringSliceVar(&d.repositories, "repository", nil, "With --build: repositories (OWNER/NAME) that the build must be able to push to.")
			flags.DurationVar(&d.timeout, "timeout", 30*time.Minute, "How long the Job may take.")
			flags.BoolVar(&d.print, "print", false, "Print the Job and make nothing.")
			return func(ctx context.Context, s *session, _ []string) error {
				d.session = s
				return d.run(ctx)
			}
		},
	}
}

func (d *doctor) run(ctx context.Context) error {
	if len(d.repositories) > 0 && d.build == "" {
		return misused("--repository goes with --build")
	}
	deployment, err := d.findManager(ctx)
	if err != nil {
		return err
	}
	job, err := doctorJob(deployment, d.arguments(), d.timeout)
	if err != nil {
		return err
	}
	if d.print {
		text, err := yaml.Marshal(job)
		if err != nil {
			return fmt.Errorf("writing the Job: %w", err)
		}
		_, err = d.out.Write(text)
		return err
	}
	if err := d.client.Create(ctx, job); err != nil {
		return fmt.Errorf("making the doctor's Job in namespace %s: %w", job.Namespace, err)
	}
	defer d.takeAway(ctx, job)
	return d.follow(ctx, job)
}

// arguments are the doctor's own, beside the manager's.
func (d *doctor) arguments() []string {
	var args []string
	if d.build != "" {
		args = append(args, "--build="+d.namespace+"/"+d.build)
	}
	for _, r := range d.repositories {
		args = append(args, "--repository="+r)
	}
	return args
}

// takeAway deletes the Job with its pod, also where the person did not wait. What it leaves, its TTL deletes.
func (d *doctor) takeAway(ctx context.Context, job *batchv1.Job) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deleteTimeout)
	defer cancel()
	err := d.client.Delete(ctx, job, client.PropagationPolicy(metav1.DeletePropagationBackground))
	if client.IgnoreNotFound(err) != nil {
		fmt.Fprintf(d.errOut, "Job %s in namespace %s could not be deleted, and goes by itself: %s\n", job.Name, job.Namespace, say(err))
	}
}

// follow shows the lines of the Job's pod until it has ended.
func (d *doctor) follow(ctx context.Context, job *batchv1.Job) error {
	deadline := d.clock.Now().Add(d.timeout)
	shown := false
	waiting := "its pod runs"
	for {
		pod, err := d.podOf(ctx, job)
		if err != nil {
			return err
		}
		switch {
		case pod == nil:
			waiting = "its pod was not made yet: a quota, or an admission policy, may refuse it (kubectl describe job)"
		case pod.Status.Phase == corev1.PodPending:
			waiting = whyPending(pod)
		default:
			if !shown {
				shown = true
				d.showLog(ctx, pod)
			}
			if ended, err := outcomeOf(pod); ended {
				return err
			}
		}
		if d.clock.Now().After(deadline) {
			return fmt.Errorf("the doctor did not end within %s (--timeout); %s", d.timeout, waiting)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-d.clock.After(pollPod):
		}
	}
}

func (d *doctor) podOf(ctx context.Context, job *batchv1.Job) (*corev1.Pod, error) {
	pods := &corev1.PodList{}
	err := d.client.List(ctx, pods, client.InNamespace(job.Namespace), client.MatchingLabels{batchv1.JobNameLabel: job.Name})
	switch {
	case apierrors.IsForbidden(err):
		return nil, fmt.Errorf("reading the doctor's pod: %w; docs/kubectl-workitem.md has the Role that is needed", err)
	case err != nil:
		return nil, fmt.Errorf("reading the doctor's pod: %w", err)
	case len(pods.Items) == 0:
		return nil, nil //nolint:nilnil // there is none yet
	}
	return &pods.Items[0], nil
}

// showLog copies the doctor's lines as they come. Without them its exit code still says how it went.
func (d *doctor) showLog(ctx context.Context, pod *corev1.Pod) {
	lines, err := d.logs(ctx, pod)
	if err == nil {
		_, err = io.Copy(d.out, lines)
		err = errors.Join(err, lines.Close())
	}
	if err != nil && ctx.Err() == nil {
		fmt.Fprintf(d.errOut, "The doctor's lines cannot be shown: %s\n", say(err))
	}
}

// logs streams the log of the pod's only container.
func (d *doctor) logs(ctx context.Context, pod *corev1.Pod) (io.ReadCloser, error) {
	config := *d.rest
	config.Timeout = 0 // the doctor takes longer than a request
	kube, err := kubernetes.NewForConfig(&config)
	if err != nil {
		return nil, fmt.Errorf("reaching the cluster: %w", err)
	}
	stream, err := kube.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{Container: doctorContainer, Follow: true}).Stream(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the log of pod %s: %w", pod.Name, err)
	}
	return stream, nil
}

// outcomeOf is how the doctor ended.
func outcomeOf(pod *corev1.Pod) (ended bool, err error) {
	for i := range pod.Status.ContainerStatuses {
		state := pod.Status.ContainerStatuses[i].State.Terminated
		switch {
		case state == nil:
		case state.ExitCode == 0:
			return true, nil
		default:
			return true, &exitError{exitFailed, errors.New("the doctor found something: do what the lines that begin with FAILED say, and run it again")}
		}
	}
	switch pod.Status.Phase {
	case corev1.PodSucceeded:
		return true, nil
	case corev1.PodFailed:
		return true, fmt.Errorf("the doctor's pod failed: %s %s", pod.Status.Reason, pod.Status.Message)
	}
	return false, nil
}

// whyPending is why a pod does not run yet.
func whyPending(pod *corev1.Pod) string {
	for i := range pod.Status.ContainerStatuses {
		if w := pod.Status.ContainerStatuses[i].State.Waiting; w != nil {
			return fmt.Sprintf("its pod waits: %s %s", w.Reason, w.Message)
		}
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return fmt.Sprintf("its pod waits: %s %s", c.Reason, c.Message)
		}
	}
	return "its pod does not run yet"
}
