// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const (
	// logLines and logBytes bound what is taken of one log.
	logLines = 20000
	logBytes = 8 << 20
	// bundleItems is how many objects of a kind are taken.
	bundleItems = 500
)

// bundle collects what a report of a bug needs.
type bundle struct {
	*session

	manager       string
	file          string
	runDoctor     bool
	doctorTimeout time.Duration
	metrics       string
	archive       *archive
}

func bundleCommand() command {
	return command{
		name: "support-bundle", short: "Collect what a report of a bug needs into one archive.",
		long: "Writes versions, the sources, environments and items of the namespace, their events, the manager's Deployment, pods and logs, its metrics, and\n" +
			"what the doctor says, into one .tar.gz. Values of environment variables are left out, Secrets are not read, and what looks like a secret is cut\n" +
			"out everywhere. What could not be had is in errors.txt. Look through it before you send it: titles, names of branches and texts of errors are in it.",
		prepare: func(flags *pflag.FlagSet) func(context.Context, *session, []string) error {
			b := &bundle{}
			flags.StringVarP(&b.file, "output", "o", "", "File to write. Default: kiro-worker-support-TIME.tar.gz in the current directory.")
			flags.StringVar(&b.manager, "manager-namespace", "", "Namespace of the manager's Deployment. Default: the only one that has one.")
			flags.BoolVar(&b.runDoctor, "doctor", true, "Run the doctor, and wait for what it says.")
			flags.DurationVar(&b.doctorTimeout, "doctor-timeout", 3*time.Minute, "How long the doctor may take.")
			flags.StringVar(&b.metrics, "metrics", "", "File with the manager's metrics, where you took them yourself: it answers only to those who may read them, and not to the API server.")
			return func(ctx context.Context, s *session, _ []string) error {
				b.session = s
				return b.run(ctx)
			}
		},
	}
}

func (b *bundle) run(ctx context.Context) error {
	if b.file == "" {
		b.file = "kiro-worker-support-" + b.clock.Now().UTC().Format("20060102-150405") + ".tar.gz"
	}
	file, err := os.OpenFile(b.file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("making the archive: %w; name another file with --output", err)
	}
	b.archive = newArchive(file, b.clock.Now())
	b.collect(ctx)
	err = errors.Join(b.archive.close(), file.Close())
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("writing the archive %s: %w", b.file, errors.Join(err, os.Remove(b.file)))
	}
	fmt.Fprintf(b.out, "%s has %d files. Secrets were cut out as far as they can be recognised: look through it before you send it.\n", b.file, b.archive.files)
	for _, missing := range b.archive.missing {
		fmt.Fprintln(b.errOut, "not in it:", missing)
	}
	return nil
}

// collect takes each part on its own: what cannot be had keeps nothing else out.
func (b *bundle) collect(ctx context.Context) {
	b.objects(ctx)
	b.events(ctx, b.namespace)
	finder := &doctor{session: b.session, manager: b.manager}
	deployment, err := finder.findManager(ctx)
	if err != nil {
		b.archive.miss("the manager's Deployment, pods, logs and metrics, and the doctor's answer", err)
		b.versions("")
		return
	}
	b.versions(managerOf(deployment).Image)
	b.archive.object("manager/deployment.yaml", deployment)
	if deployment.Namespace != b.namespace {
		b.events(ctx, deployment.Namespace)
	}
	selector := client.MatchingLabels(deployment.Spec.Selector.MatchLabels)
	pods := &corev1.PodList{}
	if err := b.client.List(ctx, pods, client.InNamespace(deployment.Namespace), selector); err != nil {
		b.archive.miss("the manager's pods, logs and metrics", err)
	}
	for i := range pods.Items {
		b.archive.object("manager/pods/"+pods.Items[i].Name+".yaml", &pods.Items[i])
		b.pod(ctx, &pods.Items[i])
	}
	if b.metrics != "" {
		text, err := os.ReadFile(b.metrics)
		b.archive.part("manager/metrics/given.txt", text, err)
	}
	if b.runDoctor {
		b.doctor(ctx, deployment.Namespace)
	}
}

func (b *bundle) versions(manager string) {
	text := "kubectl-workitem " + version + "\nmanager's image " + manager + "\n"
	kube, err := kubernetes.NewForConfig(b.rest)
	if err == nil {
		server, failed := kube.Discovery().ServerVersion()
		if err = failed; err == nil {
			text += "Kubernetes " + server.String() + "\n"
		}
	}
	if err != nil {
		b.archive.miss("the version of Kubernetes", err)
	}
	b.archive.part("versions.txt", []byte(text), nil)
}

// objects are the namespace's, of our kinds, newest first where there are too many.
func (b *bundle) objects(ctx context.Context) {
	for _, list := range []client.ObjectList{&v1alpha1.WorkSourceList{}, &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkItemList{}} {
		b.archive.list(b.client.List(ctx, list, client.InNamespace(b.namespace)), list, "objects")
	}
}

func (b *bundle) events(ctx context.Context, namespace string) {
	list := &corev1.EventList{}
	b.archive.list(b.client.List(ctx, list, client.InNamespace(namespace)), list, "events/"+namespace)
}

// pod takes a pod's log, that of the container before if it was started again, and its metrics.
func (b *bundle) pod(ctx context.Context, pod *corev1.Pod) {
	kube, err := kubernetes.NewForConfig(b.rest)
	if err != nil {
		b.archive.miss("the log of pod "+pod.Name, err)
		return
	}
	for _, previous := range []bool{false, true} {
		if previous && restarts(pod) == 0 {
			continue
		}
		lines, most := int64(logLines), int64(logBytes)
		text, err := kube.CoreV1().Pods(pod.Namespace).GetLogs(pod.Name, &corev1.PodLogOptions{
			Container: managerContainer, Previous: previous, TailLines: &lines, LimitBytes: &most, Timestamps: true,
		}).DoRaw(ctx)
		name := "manager/logs/" + pod.Name + ".log"
		if previous {
			name = "manager/logs/" + pod.Name + ".before.log"
		}
		b.archive.part(name, text, err)
	}
	scheme, port := metricsOf(pod)
	if port == "" {
		return
	}
	text, err := kube.CoreV1().Pods(pod.Namespace).ProxyGet(scheme, pod.Name, port, "/metrics", nil).DoRaw(ctx)
	if err != nil {
		err = fmt.Errorf("%w; take them yourself, as docs/troubleshooting.md says, and give the file with --metrics", err)
	}
	b.archive.part("manager/metrics/"+pod.Name+".txt", text, err)
}

// doctor takes what the doctor says. That it finds something is no failure of the bundle.
func (b *bundle) doctor(ctx context.Context, namespace string) {
	fmt.Fprintf(b.errOut, "The doctor looks, for %s at most …\n", b.doctorTimeout)
	var said bytes.Buffer
	quiet := *b.session
	quiet.out, quiet.errOut = &said, &said
	if err := (&doctor{session: &quiet, manager: namespace, timeout: b.doctorTimeout}).run(ctx); err != nil {
		fmt.Fprintln(&said, "error:", say(err))
	}
	b.archive.part("doctor.txt", said.Bytes(), nil)
}
