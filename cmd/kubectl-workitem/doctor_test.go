// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// manager installs the Deployment of config/manager in the world's namespace, where Pod Security "restricted" is enforced.
func (w *world) manager() *appsv1.Deployment {
	w.t.Helper()
	text, err := os.ReadFile("../../config/manager/manager.yaml")
	w.must(err)
	namespace := &corev1.Namespace{}
	w.must(w.client.Get(w.t.Context(), client.ObjectKey{Name: w.namespace}, namespace))
	namespace.Labels["pod-security.kubernetes.io/enforce"] = "restricted"
	w.must(w.client.Update(w.t.Context(), namespace))
	for _, part := range strings.Split(string(text), "\n---\n") {
		if !strings.Contains(part, "kind: Deployment") {
			continue
		}
		d := &appsv1.Deployment{}
		w.must(yaml.UnmarshalStrict([]byte(part), d))
		d.Namespace = w.namespace
		w.must(w.client.Create(w.t.Context(), d))
		w.must(w.client.Create(w.t.Context(), &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: d.Spec.Template.Spec.ServiceAccountName}}))
		return d
	}
	w.t.Fatal("config/manager has no Deployment")
	return nil
}

// cluster does what a cluster does with the doctor's Job, of which an API server alone does nothing: it makes the pod, and
// lets it end with an exit code.
func (w *world) cluster(ctx context.Context, exitCode int32) <-chan *batchv1.Job {
	seen := make(chan *batchv1.Job, 1)
	go func() {
		for ctx.Err() == nil {
			time.Sleep(10 * time.Millisecond)
			jobs := &batchv1.JobList{}
			if err := w.client.List(ctx, jobs, client.InNamespace(w.namespace)); err != nil || len(jobs.Items) == 0 {
				continue
			}
			job := &jobs.Items[0]
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: job.Namespace, Name: job.Name + "-x", Labels: job.Spec.Template.Labels}, Spec: job.Spec.Template.Spec}
			if err := w.client.Create(ctx, pod); err != nil {
				w.t.Errorf("the pod is refused: %v", err)
				return
			}
			pod.Status.Phase = corev1.PodSucceeded
			if exitCode != 0 {
				pod.Status.Phase = corev1.PodFailed
			}
			pod.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: doctorContainer, State: corev1.ContainerState{
				Terminated: &corev1.ContainerStateTerminated{ExitCode: exitCode},
			}}}
			if err := w.client.Status().Update(ctx, pod); err != nil {
				w.t.Errorf("ending the pod: %v", err)
			}
			seen <- job
			return
		}
	}()
	return seen
}

// TestDoctor: a Job is made of the manager's Deployment, its exit code is the program's, and it is taken away.
func TestDoctor(t *testing.T) {
	for name, tc := range map[string]struct {
		exit int32
		code int
		says string
	}{
		"content":         {0, exitOK, ""},
		"found something": {1, exitFailed, "do what the lines that begin with FAILED say"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			deployment := w.manager()
			seen := w.cluster(t.Context(), tc.exit)
			answer := w.call("doctor", "--manager-namespace", w.namespace, "--build", "staging", "--repository", "acme/app")
			answer.want(t, tc.code, tc.says)
			job := <-seen
			manager := deployment.Spec.Template.Spec.Containers[0]
			got := job.Spec.Template.Spec
			want := append([]string{"doctor", "--build=" + w.namespace + "/staging", "--repository=acme/app"}, manager.Args...)
			if diff := cmp.Diff(want, got.Containers[0].Args); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(manager.Env, got.Containers[0].Env); diff != "" {
				t.Errorf("environment (-manager +doctor):\n%s", diff)
			}
			if got.Containers[0].Image != manager.Image || got.ServiceAccountName != deployment.Spec.Template.Spec.ServiceAccountName || got.RestartPolicy != corev1.RestartPolicyNever {
				t.Errorf("it runs %s as %s, restarted %s", got.Containers[0].Image, got.ServiceAccountName, got.RestartPolicy)
			}
			if selector := deployment.Spec.Selector.MatchLabels; selector[componentLabel] == job.Spec.Template.Labels[componentLabel] {
				t.Error("the Deployment would take the doctor's pod for its own")
			}
			left := &batchv1.JobList{}
			w.must(w.client.List(t.Context(), left, client.InNamespace(w.namespace)))
			for _, j := range left.Items {
				if j.DeletionTimestamp.IsZero() {
					t.Errorf("the Job %s is left", j.Name)
				}
			}
		})
	}
}

func TestDoctorPrints(t *testing.T) {
	w := newWorld(t)
	w.manager()
	answer := w.call("doctor", "--manager-namespace", w.namespace, "--print")
	answer.want(t, exitOK, "kind: Job")
	job := &batchv1.Job{}
	w.must(yaml.UnmarshalStrict([]byte(answer.out), job))
	jobs := &batchv1.JobList{}
	w.must(w.client.List(t.Context(), jobs, client.InNamespace(w.namespace)))
	if len(jobs.Items) != 0 {
		t.Error("a Job was made")
	}
	// What was printed is what an administrator may apply.
	w.must(w.client.Create(t.Context(), job, client.DryRunAll))
}

func TestDoctorTrouble(t *testing.T) {
	w := newWorld(t)
	w.call("doctor", "--manager-namespace", w.namespace).want(t, exitNotFound, "no Deployment in namespace "+w.namespace, "--manager-namespace")
	w.call("doctor", "--repository", "acme/app").want(t, exitUsage, "goes with --build")
	w.manager()
	w.call("doctor", "--manager-namespace", w.namespace, "--timeout", "2s").want(t, exitFailed, "did not end within 2s", "kubectl describe job")
	w.as("somebody")
	w.call("doctor").want(t, exitUsage, "name the manager's with --manager-namespace")
	w.call("doctor", "--manager-namespace", w.namespace).want(t, exitFailed, "docs/kubectl-workitem.md has the Role")
}

// TestDoctorsRights: the Role in the documentation is enough.
func TestDoctorsRights(t *testing.T) {
	w := newWorld(t)
	w.manager()
	page, err := os.ReadFile("../../docs/kubectl-workitem.md")
	w.must(err)
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion: rbac.*?)```").FindSubmatch(page)
	if block == nil {
		t.Fatal("docs/kubectl-workitem.md has no Role")
	}
	role := &rbacv1.Role{}
	w.must(yaml.UnmarshalStrict(block[1], role))
	role.Namespace = w.namespace
	w.must(w.client.Create(t.Context(), role))
	w.must(w.client.Create(t.Context(), &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: role.Name},
		Subjects:   []rbacv1.Subject{{Kind: "User", Name: "doctors-friend", APIGroup: rbacv1.GroupName}},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: role.Name},
	}))
	w.cluster(t.Context(), 0)
	w.as("doctors-friend")
	answer := w.call("doctor", "--manager-namespace", w.namespace)
	answer.want(t, exitOK)
	if strings.Contains(answer.errOut, "forbidden") {
		t.Errorf("something was forbidden:\n%s", answer.errOut)
	}
}

// as has the program ask as another user.
func (w *world) as(user string) {
	w.t.Helper()
	file, err := clientcmd.LoadFromFile(w.kubeconfig)
	w.must(err)
	file.AuthInfos["u"].Impersonate = user
	w.must(clientcmd.WriteToFile(*file, w.kubeconfig))
}
