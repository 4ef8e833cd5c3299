// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sns"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// What every world is made of.
const (
	owner       = "acme"
	repository  = "acme/app"
	branch      = "feature/x"
	region      = "eu-central-1"
	account     = "000000000000"
	clusterName = "chaos"
	gitHubToken = "ghp_chaos"

	columnReady    = "For Implementation"
	columnProgress = "In Progress"
	columnDone     = "In Review"
	columnFailed   = "Needs Attention"
)

// world is a namespace with all that one card needs, and the manager that works on it.
type world struct {
	lab       *Lab
	dir       string
	namespace string
	client    client.Client

	github  *github.Server
	builds  *codebuild.Server
	tables  *dynamodb.Emulator
	bucket  *s3.Emulator
	secrets *secretsmanager.Emulator
	topic   *sns.Emulator
	// faults are for managers alone; their operations are the tap's names.
	faults *faults.Injector

	tap      *tap
	recorder *recorder
	// The addresses that a manager is given, behind the tap, and AWS as builds see it, before it.
	kubeURL, awsURL, gitHubURL, buildsURL string
	http                                  []*http.Server

	// buildTap is passed by every request of a build's program to AWS.
	buildTap *tap
	// front is before the servers that managers talk to.
	front front

	args   []string // of its managers, beside the usual
	allow  func()   // ends what the scenario's servers refuse
	cardID string
	pull   int // its pull request
	work   *work
	// The lock table as a build sees it, and as another cluster does.
	table, strange lock.Table
	lost           *v1alpha1.WorkEnvironmentSpec // of the environment that was deleted

	mu       sync.Mutex
	managers []*process
	failed   error // of what happened on the side
}

// fail notes that something went wrong on the side; nil is nothing.
func (w *world) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = errors.Join(w.failed, err)
}

// failure is what went wrong on the side.
func (w *world) failure() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

// front puts something before a server of the name "kube", "aws" or "github", and returns its address for managers.
type front func(w *world, name, url string) (string, error)

// newWorld makes a world without a manager. close is to be called, whatever it returns.
func newWorld(ctx context.Context, lab *Lab, work *work, front front) (*world, error) {
	n := lab.worlds.Add(1)
	w := &world{
		lab: lab, client: lab.client, namespace: fmt.Sprintf("world-%d", n), faults: faults.New(nil, nil),
		tap: newTap(), buildTap: newTap(), dir: filepath.Join(lab.options.Dir, fmt.Sprintf("world-%d", n)), work: work, front: front,
	}
	if err := os.MkdirAll(filepath.Join(w.dir, "github"), 0o750); err != nil {
		return w, fmt.Errorf("making a world's directories: %w", err)
	}
	for _, step := range []func(context.Context) error{w.startGitHub, w.startAWS, w.startKube, w.createObjects} {
		if err := step(ctx); err != nil {
			return w, err
		}
	}
	return w, nil
}

func (w *world) startGitHub(context.Context) error {
	var err error
	if w.github, err = github.New(github.Options{Dir: filepath.Join(w.dir, "github")}); err != nil {
		return fmt.Errorf("starting the emulated GitHub: %w", err)
	}
	if w.gitHubURL, err = w.serveManager("github", nameGitHub, w.github); err != nil {
		return err
	}
	w.github.SetURL(w.gitHubURL)
	w.github.AddToken(gitHubToken, "kiro-worker", github.AllRights())
	return w.github.CreateRepository(repository, "main", github.Text(map[string]string{"README.md": "# App\n"}))
}

func (w *world) startAWS(ctx context.Context) error {
	w.tables = dynamodb.New(dynamodb.Options{Region: region, Account: account})
	w.bucket = s3.New(s3.Options{})
	w.secrets = secretsmanager.New(secretsmanager.Options{Region: region, Account: account})
	w.topic = sns.New(sns.Options{})
	endpoint, err := w.deploy()
	if err != nil {
		return err
	}
	if w.builds, err = codebuild.New(codebuild.Options{
		DataDir: filepath.Join(w.dir, "builds"), Region: region, Account: account,
	}); err != nil {
		return fmt.Errorf("starting the emulated CodeBuild: %w", err)
	}
	w.recorder = newRecorder(w.tables)
	endpoint.Handle(aws.DynamoDB, w.recorder, nil)
	endpoint.Handle(aws.CodeBuild, w.builds, nil)
	endpoint.Handle(aws.SecretsManager, w.secrets, nil)
	endpoint.Handle(aws.S3, w.bucket, s3.WriteError)
	endpoint.Handle(aws.SNS, w.topic, sns.WriteError)
	endpoint.Handle(aws.CloudWatch, cloudwatch.New(cloudwatch.Options{}), nil)
	if w.awsURL, err = w.serveManager("aws", nameAWS, endpoint); err != nil {
		return err
	}
	if w.buildsURL, err = w.serve(w.buildTap.wrap(nameAWS, endpoint)); err != nil {
		return err
	}
	if w.table, err = newTable(ctx, w.buildsURL, buildKeyID); err != nil {
		return err
	}
	if w.strange, err = newTable(ctx, w.buildsURL, worldKeyID); err != nil {
		return err
	}
	return w.work.putProject(w)
}

func (w *world) startKube(context.Context) error {
	var err error
	w.kubeURL, err = w.serveManager("kube", nameKube, w.lab.kube)
	return err
}

// serveManager serves a handler to managers: whatever is in front, then the tap, then faults, then the server.
func (w *world) serveManager(name string, operation func(*http.Request, []byte) string, handler http.Handler) (url string, err error) {
	faulty := w.faults.Middleware(name, func(r *http.Request) string {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return ""
		}
		return operation(r, body)
	}, handler)
	choose := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("watch") {
			handler.ServeHTTP(rw, r) // a stream; faults are for single answers
			return
		}
		faulty.ServeHTTP(rw, r)
	})
	if url, err = w.serve(w.tap.wrap(operation, choose)); err != nil || w.front == nil {
		return url, err
	}
	return w.front(w, name, url)
}

// serve serves a handler on a free port of this machine alone.
func (w *world) serve(handler http.Handler) (url string, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // it returns at once
	if err != nil {
		return "", fmt.Errorf("listening: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	w.http = append(w.http, server)
	go func() { _ = server.Serve(listener) }()
	return "http://" + listener.Addr().String(), nil
}

// startManager starts a manager as a cluster would, with short waits.
func (w *world) startManager(extra ...string) (*process, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := len(w.managers) + 1
	kubeconfig := filepath.Join(w.dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, fmt.Appendf(nil, kubeconfigForm, w.kubeURL, w.namespace), 0o600); err != nil {
		return nil, fmt.Errorf("writing a kubeconfig: %w", err)
	}
	args := append([]string{
		"--kubeconfig=" + kubeconfig, "--cluster-name=" + clusterName, "--namespaces=" + w.namespace,
		"--allowed-endpoints=" + w.awsURL + "," + w.gitHubURL,
		"--metrics-bind-address=0", "--health-probe-bind-address=0", "--log-level=debug",
		"--watch-interval=200ms", "--watch-slowest=500ms", "--progress-interval=200ms", "--settling-time=2s",
	}, append(extra, w.args...)...)
	p, err := startProcess(filepath.Join(w.lab.options.Bin, "manager"), filepath.Join(w.dir, fmt.Sprintf("manager-%d.log", n)), cloudEnv(w, accessKeyID), args...)
	if err != nil {
		return nil, err
	}
	w.managers = append(w.managers, p)
	return p, nil
}

const kubeconfigForm = `apiVersion: v1
kind: Config
clusters: [{name: lab, cluster: {server: %q}}]
contexts: [{name: lab, context: {cluster: lab, user: lab, namespace: %q}}]
users: [{name: lab, user: {}}]
current-context: lab
`

// cloudEnv is the environment of a program with an access key. Nothing of the caller's own AWS configuration is in it.
func cloudEnv(w *world, accessKeyID string) []string {
	return []string{
		"PATH=" + w.lab.options.Bin + string(os.PathListSeparator) + os.Getenv("PATH"), "HOME=" + w.dir,
		"AWS_ACCESS_KEY_ID=" + accessKeyID, "AWS_SECRET_ACCESS_KEY=not-a-secret-of-anybody",
		"AWS_REGION=" + region, "AWS_EC2_METADATA_DISABLED=true", "GOMAXPROCS=2",
	}
}

// close ends the managers and the builds with all their processes, and then the servers.
func (w *world) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, m := range w.managers {
		errs = append(errs, m.kill())
	}
	if w.builds != nil {
		w.builds.Close()
	}
	for _, server := range w.http {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

// tidy removes what a world kept on disk that nobody will look at.
func (w *world) tidy() error { return os.RemoveAll(w.dir) }

// item is the card's work item, or nil as long as there is none.
func (w *world) item(ctx context.Context) (*v1alpha1.WorkItem, error) {
	items := &v1alpha1.WorkItemList{}
	if err := w.client.List(ctx, items, client.InNamespace(w.namespace)); err != nil {
		return nil, fmt.Errorf("listing the work items: %w", err)
	}
	switch len(items.Items) {
	case 0:
		return nil, nil //nolint:nilnil // there is none yet, which is no error
	case 1:
		return &items.Items[0], nil
	}
	return nil, fmt.Errorf("one card made %d work items", len(items.Items))
}
