// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatoraws "github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	testcloud "github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

const (
	region     = "eu-west-1"
	account    = "111122223333"
	tableName  = "locks"
	project    = "worker"
	projectARN = "arn:aws:codebuild:" + region + ":" + account + ":project/" + project
	elsewhere  = "arn:aws:codebuild:us-east-1:999999999999:build/worker:1"
	lockID     = "89abcdef0123456789abcdef"
	branchKey  = "branch#github.com/7#refs/heads/feature/item"
	role       = "arn:aws:iam::" + account + ":role/builds"
)

// cloud is a world with a lock table and CodeBuild, and one lock acquired there an hour before noon for a lease of a minute.
type cloud struct {
	*world
	aws     *testcloud.Cloud
	table   lock.Table
	builds  build.Service
	lock    lock.Lock
	release chan struct{} // ends builds
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{world: newWorld(t), release: make(chan struct{})}
	c.aws = testcloud.New(t, testcloud.Options{
		Region: region, Account: account, Tables: []string{tableName}, Builds: true,
		Projects: []emulatorcodebuild.Project{{Name: project, Run: func(ctx context.Context, _ emulatorcodebuild.Running) error {
			select {
			case <-c.release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}},
	})
	c.table = dynamodb.New(testcloud.API(t, c.aws, (*awsapi.Clients).DynamoDB), tableName)
	c.builds = codebuild.New(testcloud.API(t, c.aws, (*awsapi.Clients).CodeBuild))

	// The program finds the person's own credentials where the AWS CLI does.
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "person", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "", "AWS_PROFILE": "",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none", "AWS_ENDPOINT_URL": "",
	} {
		t.Setenv(name, value)
	}
	c.environment("env", nil)
	c.acquire()
	return c
}

func (c *cloud) acquire() {
	c.t.Helper()
	var err error
	c.lock, err = c.table.Acquire(c.t.Context(), lock.Request{
		LockID: lockID, WorkItemID: "prod/team/item", Holder: "uid", Attempt: 2, ProjectARN: projectARN,
		SlotKey: contract.SlotKey(projectARN, 3), BranchKey: branchKey, CardKey: "card#object/uid", Trigger: noon.Add(-2 * time.Hour),
		Now: noon.Add(-time.Hour), ExpiresAt: noon.Add(-59 * time.Minute),
	})
	c.must(err)
}

func (c *cloud) claim(buildARN string) {
	c.t.Helper()
	c.must(c.table.Claim(c.t.Context(), c.lock, buildARN, noon.Add(-59*time.Minute)))
}

// start starts a build that holds the lock.
func (c *cloud) start() build.Build {
	c.t.Helper()
	b, err := c.builds.Start(c.t.Context(), build.StartRequest{Project: project, Token: "token"})
	c.must(err)
	c.claim(string(b.Reference))
	return b
}

// finish has a build end.
func (c *cloud) finish(b build.Build) {
	c.t.Helper()
	close(c.release)
	_, err := c.aws.CodeBuild.WaitFor(c.t.Context(), b.Reference.Name(), func(b emulatorcodebuild.Build) bool { return b.Over() })
	c.must(err)
}

// holder gives the world the item whose running attempt has the lock.
func (c *cloud) holder() {
	c.item("item", func(item *v1alpha1.WorkItem) {
		running(item)
		item.Status.Attempt.LockID = lockID
		item.Status.Attempt.Parameters = v1alpha1.FrozenParameters{
			AWS: v1alpha1.AWSAccess{Region: region}, TableName: tableName, BranchKey: branchKey,
		}
	})
}

// statuses are the statuses of the slot's and the branch's row.
func (c *cloud) statuses() []contract.RowStatus {
	c.t.Helper()
	rows, err := c.table.Rows(c.t.Context(), []string{c.lock.SlotKey, branchKey})
	c.must(err)
	return []contract.RowStatus{rows[c.lock.SlotKey].Status, rows[branchKey].Status}
}

// unlock runs the command; typed is what the person types when asked.
func (c *cloud) unlock(typed string, args ...string) answer {
	c.t.Helper()
	return c.callWith(c.t.Context(), typed, append([]string{"unlock", "--endpoint-url", c.aws.AWSURL}, args...)...)
}

func TestUnlock(t *testing.T) {
	denied := func(c *cloud) {
		c.aws.Faults.Add(faults.Rule{Operation: "BatchGetBuilds", Fault: faults.Fault{Status: 400, Code: "AccessDeniedException"}})
	}
	cases := map[string]struct {
		why     string
		prepare func(*cloud)
		typed   string
		args    []string
		code    int
		say     []string
		asked   int // how often CodeBuild was asked
	}{
		"Unknown": {
			why:     "the case it is for: CodeBuild does not answer us, and the person has looked",
			prepare: func(c *cloud) { c.start(); denied(c) }, typed: "89abcdef\n", args: []string{"item"}, asked: 2,
			say: []string{"prod/team/item, attempt 2", lockID, "account 111122223333, region eu-west-1", "it could not be asked",
				"aws codebuild stop-build --id worker:", "Waiting 40s", "Type the first 8 characters", "Unlocked " + branchKey},
		},
		"OtherAccount": {
			why:     "what does not know a build cannot say that it is over",
			prepare: func(c *cloud) { c.claim(elsewhere) }, args: []string{"item", "--yes"}, asked: 2,
			say: []string{"account 999999999999, region us-east-1", "does not know the build", "Unlocked"},
		},
		"Unclaimed": {
			why: "a build that comes late is refused its claim", args: []string{"item", "--yes", "--settling-time", "1s"},
			say: []string{"no build has claimed the lock", "Unlocked"},
		},
		"Running": {
			why: "a build that runs keeps its lock, lease or not", prepare: func(c *cloud) { c.start() }, args: []string{"item", "--yes"},
			code: exitRefused, say: []string{" runs (", "kubectl workitem cancel", "aws codebuild stop-build --id worker:"}, asked: 1,
		},
		"Over": {
			why: "what a controller can know it does itself", prepare: func(c *cloud) { c.finish(c.start()) }, args: []string{"item", "--yes"},
			code: exitRefused, say: []string{"is over (SUCCEEDED), so the controller frees the lock within minutes"}, asked: 1,
		},
		"OverUnseen": {
			why:     "unless no controller can ask that account: then nobody else ever would",
			prepare: func(c *cloud) { c.finish(c.start()) }, args: []string{"item", "--yes", "--even-if-over"}, asked: 2,
			say: []string{"Nothing: the build is over.", "Unlocked"},
		},
		"LeaseRuns": {
			why:     "the holder may be alive; CodeBuild need not even be asked",
			prepare: func(c *cloud) { c.must(c.table.Claim(context.Background(), c.lock, elsewhere, noon.Add(time.Minute))) },
			args:    []string{"item", "--yes"}, code: exitRefused, say: []string{"lasts for 1m0s more"},
		},
		"WrongWord": {
			why:     "who types something else meant another lock",
			prepare: func(c *cloud) { c.claim(elsewhere) }, typed: "yes\n", args: []string{"item"}, asked: 2,
			code: exitRefused, say: []string{"nothing was changed"},
		},
		"NobodyThere": {
			why:     "a script that gives no --yes has not decided",
			prepare: func(c *cloud) { c.claim(elsewhere) }, args: []string{"item"}, asked: 2,
			code: exitRefused, say: []string{"give --yes"},
		},
		"NotTheItems": {
			why: "the item's attempt lost its branch long ago: another's lock must not be freed under its name",
			prepare: func(c *cloud) {
				item := c.get("item")
				item.Status.Attempt.LockID = "another"
				c.must(c.client.Status().Update(context.Background(), item))
			},
			args: []string{"item", "--yes"}, code: exitRefused, say: []string{"--branch-key '" + branchKey + "'"},
		},
		"ByKey": {
			why:     "a lock whose work item is gone",
			prepare: func(c *cloud) { c.claim(elsewhere) }, args: []string{"--branch-key", branchKey, "--yes"}, asked: 2,
			say: []string{"Unlocked " + branchKey},
		},
		"BySlot": {
			why:     "the slot's row names the branch's, so both are freed from there too",
			prepare: func(c *cloud) { c.claim(elsewhere) },
			args:    []string{"--slot-key", contract.SlotKey(projectARN, 3), "--yes"}, asked: 2, say: []string{"Unlocked slot#"},
		},
		"Garbage": {
			why:     "what a build wrote into its row must not become a command that people copy",
			prepare: func(c *cloud) { c.claim("arn:aws:codebuild:eu-west-1:111122223333:build/x:1; curl evil.example") }, args: []string{"item", "--yes"},
			say: []string{"The row does not name a CodeBuild build", "Unlocked"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.holder()
			if tc.prepare != nil {
				tc.prepare(c)
			}
			got := c.unlock(tc.typed, tc.args...)
			got.want(t, tc.code, tc.say...)
			want := contract.StatusFailed
			if tc.code != exitOK {
				want = contract.StatusInProgress
			}
			if rows := c.statuses(); !slices.Equal(rows, []contract.RowStatus{want, want}) {
				t.Errorf("%s: slot and branch are %v, want %s", tc.why, rows, want)
			}
			if n := c.aws.Faults.Calls(emulatoraws.CodeBuild, "BatchGetBuilds"); n != tc.asked {
				t.Errorf("CodeBuild was asked %d times, want %d", n, tc.asked)
			}
			if strings.Contains(got.out, "aws codebuild") && strings.Contains(got.out, "curl") {
				t.Errorf("a command with what a build wrote:\n%s", got.out)
			}
		})
	}
}

// TestUnlockSeesHeartbeats: whoever writes the row while the person waits is alive.
func TestUnlockSeesHeartbeats(t *testing.T) {
	c := newCloud(t)
	c.holder()
	c.claim(elsewhere)
	var out, errOut bytes.Buffer
	a := app{out: &out, errOut: &errOut, clock: c.clock, location: time.UTC}
	done := make(chan int, 1)
	go func() {
		done <- a.run(context.Background(), []string{"unlock", "item", "--yes", "--endpoint-url", c.aws.AWSURL, "--kubeconfig", c.kubeconfig})
	}()
	for !c.clock.HasWaiters() { // it reads the row again only when the clock goes on
		time.Sleep(time.Millisecond)
	}
	c.must(c.table.Heartbeat(context.Background(), c.lock, elsewhere, noon, noon.Add(-time.Minute), lock.Progress{}))
	stop := c.keepTicking()
	code := <-done
	stop()
	answer{code, out.String(), errOut.String()}.want(t, exitRefused, "its holder is alive")
	if rows := c.statuses(); slices.Contains(rows, contract.StatusFailed) {
		t.Errorf("rows %v", rows)
	}
}

// TestUnlockLosesTheRace: a heartbeat after the last look makes the conditions on the rows fail.
func TestUnlockLosesTheRace(t *testing.T) {
	c := newCloud(t)
	c.holder()
	c.claim(elsewhere)
	typing := readerFunc(func(p []byte) (int, error) {
		c.must(c.table.Heartbeat(context.Background(), c.lock, elsewhere, noon, noon.Add(-time.Minute), lock.Progress{}))
		return copy(p, "89abcdef\n"), io.EOF
	})
	var out, errOut bytes.Buffer
	a := app{in: typing, out: &out, errOut: &errOut, clock: c.clock, location: time.UTC}
	stop := c.keepTicking()
	code := a.run(t.Context(), []string{"unlock", "item", "--endpoint-url", c.aws.AWSURL, "--kubeconfig", c.kubeconfig})
	stop()
	answer{code, out.String(), errOut.String()}.want(t, exitRefused, "it has changed since it was read")
	if rows := c.statuses(); slices.Contains(rows, contract.StatusFailed) {
		t.Errorf("rows %v", rows)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// keepTicking moves the clock on for whoever waits.
func (w *world) keepTicking() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			if w.clock.HasWaiters() {
				w.clock.Step(time.Second)
			}
			time.Sleep(time.Millisecond)
		}
	}()
	return func() { cancel(); <-done }
}

// TestUnlockInterrupted: Ctrl-C changes nothing, at whichever wait.
func TestUnlockInterrupted(t *testing.T) {
	for name, wait := range map[string]bool{"settling": true, "asking": false} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.holder()
			c.claim(elsewhere)
			ctx, interrupt := context.WithCancel(t.Context())
			typing := readerFunc(func([]byte) (int, error) {
				interrupt()
				<-t.Context().Done() // a terminal at which nobody types
				return 0, io.EOF
			})
			var out, errOut bytes.Buffer
			a := app{in: typing, out: &out, errOut: &errOut, clock: c.clock, location: time.UTC}
			if wait {
				go func() {
					for !c.clock.HasWaiters() {
						time.Sleep(time.Millisecond)
					}
					interrupt()
				}()
			} else {
				defer c.keepTicking()()
			}
			code := a.run(ctx, []string{"unlock", "item", "--endpoint-url", c.aws.AWSURL, "--kubeconfig", c.kubeconfig})
			answer{code, out.String(), errOut.String()}.want(t, exitInterrupted, "nothing was changed")
			if rows := c.statuses(); slices.Contains(rows, contract.StatusFailed) {
				t.Errorf("rows %v", rows)
			}
		})
	}
}

// TestUnlockNeedsALock: what is nobody's, or not ours.
func TestUnlockNeedsALock(t *testing.T) {
	c := newCloud(t)
	c.holder()
	c.item("new", nil)
	c.item("waits", func(item *v1alpha1.WorkItem) {
		item.Spec.Branch = "feature/item"
		item.Status.Accepted = &v1alpha1.AcceptedWork{ForgeHost: "github.com", RepositoryID: 7}
	})
	c.must(c.aws.DynamoDB.PutRow(tableName, emulatordynamodb.Row{
		"lockKey": emulatordynamodb.String("branch#theirs"), "lockId": emulatordynamodb.String("x"), "status": emulatordynamodb.String("in_progress"),
	}))
	for _, tc := range []struct {
		why, say string
		code     int
		args     []string
	}{
		{"an item of which no branch is known", "name the lock with --branch-key", exitRefused, []string{"new", "--yes"}},
		{"another program's row", "another program's", exitRefused, []string{"--branch-key", "branch#theirs", "--yes"}},
		{"a free row", "nobody holds branch#none", exitRefused, []string{"--branch-key", "branch#none", "--yes"}},
		{"nothing named", "give either", exitUsage, nil},
		{"both named", "give either", exitUsage, []string{"item", "--branch-key", branchKey}},
		{"a key of the wrong kind", "not such a key", exitUsage, []string{"--branch-key", "slot#x#1"}},
		{"an environment with a name", "names its own", exitUsage, []string{"item", "--environment", "env"}},
		{"an environment that is not there", "not found", exitNotFound, []string{"--branch-key", branchKey, "--environment", "none"}},
		{"no settling time", "longer than zero", exitUsage, []string{"item", "--settling-time", "0s"}},
		{"no item", "not found", exitNotFound, []string{"none"}},
		{"an item that waits for the branch: the lock that holds it up", "Unlocked " + branchKey, exitOK, []string{"waits", "--yes"}},
		{"after that", "nobody holds", exitRefused, []string{"item", "--yes"}},
	} {
		t.Run(tc.why, func(t *testing.T) { c.unlock("", tc.args...).want(t, tc.code, tc.say) })
	}
	c.environment("second", nil)
	c.unlock("", "--branch-key", branchKey).want(t, exitUsage, "2 work environments", "--environment")
}

// TestUnlockTrustsNoObjectsAddress: who may write an environment must not learn the person's credentials.
func TestUnlockTrustsNoObjectsAddress(t *testing.T) {
	c := newCloud(t)
	c.environment("trap", func(env *v1alpha1.WorkEnvironment) { env.Spec.AWS.EndpointURL = c.aws.AWSURL })
	c.aws.Faults.Reset()
	c.call("unlock", "--branch-key", branchKey, "--environment", "trap", "--yes").want(t, exitUsage, "--endpoint-url '"+c.aws.AWSURL+"'")
	if n := c.aws.Faults.Calls(emulatoraws.DynamoDB, "BatchGetItem"); n != 0 {
		t.Errorf("%d requests were sent to an address that only the object names", n)
	}
	c.call("unlock", "--branch-key", branchKey, "--environment", "trap", "--yes", "--endpoint-url", "nonsense").want(t, exitUsage, "--endpoint-url: ")
}

// TestUnlockAssumesTheEnvironmentsRole, or the one that the person names, or none.
func TestUnlockAssumesTheEnvironmentsRole(t *testing.T) {
	c := newCloud(t)
	c.environment("assumed", func(env *v1alpha1.WorkEnvironment) { env.Spec.AWS.RoleARN = role })
	c.aws.AWS.Trust(role, "prod/"+c.namespace)
	for _, tc := range []struct {
		why  string
		args []string
		code int
		say  string
	}{
		{"no cluster's name", nil, exitUsage, "give --cluster-name NAME"},
		{"the name that no cluster has", []string{"--cluster-name", "default"}, exitUsage, "give --cluster-name NAME"},
		{"the external id is made of a wrong cluster's name", []string{"--cluster-name", "staging"}, exitFailed, "sts:AssumeRole"},
		{"the cluster's name is given", []string{"--cluster-name", "prod"}, exitRefused, "nobody holds"},
		{"the external id is given", []string{"--external-id", "prod/" + c.namespace}, exitRefused, "nobody holds"},
		{"no role", []string{"--role-arn="}, exitRefused, "nobody holds"},
		{"another role", []string{"--role-arn", role + "2", "--cluster-name", "prod"}, exitFailed, "role/builds2"},
	} {
		t.Run(tc.why, func(t *testing.T) {
			c.unlock("", append([]string{"--branch-key", "branch#none", "--environment", "assumed"}, tc.args...)...).want(t, tc.code, tc.say)
		})
	}
}

// TestCountdown: on a terminal one line is written over and over.
func TestCountdown(t *testing.T) {
	w := newWorld(t)
	var errOut bytes.Buffer
	u := &unlock{session: &session{app: app{errOut: &errOut, clock: w.clock, terminal: true}}}
	stop := w.keepTicking()
	err := u.settle(t.Context(), 3*time.Second)
	stop()
	w.must(err)
	want := ""
	for _, left := range []string{"3s", "2s", "1s"} {
		want += "\rWaiting " + left + ", so that no request of the build can arrive any more.  "
	}
	if errOut.String() != want+"\n" {
		t.Errorf("got %q", errOut.String())
	}
}

func TestQuoted(t *testing.T) {
	if got := quoted("a'; rm -rf ~ #"); got != `'a'\''; rm -rf ~ #'` {
		t.Errorf("got %s", got)
	}
}
