// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"time"

	cbtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// card is a card on the board, as the clusters that poll the board see it.
type card struct {
	name      string
	clusters  []*cluster
	spec      v1alpha1.WorkItemSpec
	triggered time.Time
	lifted    bool // off the board: it is not made again
}

// setUp draws the seed's accounts, clusters, cards and what people will do.
func (s *simulation) setUp() {
	s.accounts = []*account{s.newAccount("111111111111")}
	s.addCluster("east", s.accounts[0])
	if s.chance(0.8) {
		home := s.accounts[0]
		if s.chance(0.3) {
			home = s.newAccount("222222222222")
			s.accounts = append(s.accounts, home)
		}
		s.addCluster("west", home)
	}
	if s.chance(0.5) {
		s.redTests, s.standStill = 0.4, 0.1
	}
	cards := 1 + s.random.IntN(4)
	if s.chance(0.15) {
		cards += 8 // a long queue
	}
	for n := range cards {
		s.addCard(n)
	}
	s.planDependencies()
	s.planBudgets()
	for _, c := range s.clusters {
		s.lead(c)
	}
	s.planTrouble()
	s.planDisasters()
	s.planEnvironmentDeletions()
}

func (s *simulation) newAccount(id string) *account {
	a := newAccount(s.world, id)
	a.begin, a.started = s.begin, s.invariants.started
	return a
}

func (s *simulation) addCluster(name string, a *account) {
	concurrency, attempts := int32(1+s.random.IntN(3)), int32(1+s.random.IntN(2))
	leaseDuration := []time.Duration{3 * time.Minute, 5 * time.Minute, 10 * time.Minute}[s.random.IntN(3)]
	c := &cluster{
		w: s.world, name: name, account: a,
		items: map[string]*v1alpha1.WorkItem{}, written: s.invariants.written,
	}
	c.env = &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Name: environmentName, Namespace: namespace, Generation: 1, UID: "environment"},
		Spec: v1alpha1.WorkEnvironmentSpec{
			Tier:      v1alpha1.TierTest,
			AWS:       v1alpha1.AWSAccess{Region: "eu-west-1", RoleARN: a.role()},
			Lock:      v1alpha1.LockTable{TableName: tableName, LeaseDuration: &metav1.Duration{Duration: leaseDuration}},
			CodeBuild: v1alpha1.CodeBuildProject{ProjectName: a.project, Timeout: minutes(20), QueuedTimeout: minutes(10)},
			Credentials: v1alpha1.BuildCredentials{
				GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-west-1:" + a.id + ":secret:github",
			},
			Concurrency: &concurrency,
			Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
			Retry:       v1alpha1.RetryPolicies{Work: &v1alpha1.Retry{Tries: &attempts}},
		},
		Status: v1alpha1.WorkEnvironmentStatus{
			ProjectARN: a.arn,
			Conditions: []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 1, Reason: v1alpha1.ReasonUsable,
			}},
		},
	}
	s.clusters = append(s.clusters, c)
}

func minutes(n int) *metav1.Duration {
	return &metav1.Duration{Duration: time.Duration(n) * time.Minute}
}

// addCard puts a card on the board. It is seen by one cluster or by both, and now and then shares its branch.
func (s *simulation) addCard(n int) {
	c := &card{name: fmt.Sprintf("card-%d", n)}
	name := fmt.Sprintf("feature-%d", n)
	if n > 0 && s.chance(0.25) {
		name = fmt.Sprintf("feature-%d", n-1)
	}
	if s.branches[name] == nil {
		s.branches[name] = &branch{name: name, head: "0000", tasks: 1 + s.random.IntN(3)}
	}
	c.spec = v1alpha1.WorkItemSpec{
		EnvironmentRef: v1alpha1.LocalObjectReference{Name: environmentName}, SourceRef: &v1alpha1.LocalObjectReference{Name: sourceName},
		Repository: repository, Branch: name,
		Card:     &v1alpha1.Card{Provider: "github", ID: "PVTI_" + c.name},
		Priority: int32(s.random.IntN(3)),
	}
	s.cards[c.spec.Card.ID] = c
	c.clusters = s.clusters
	if len(s.clusters) > 1 && s.chance(0.5) {
		c.clusters = s.clusters[s.random.IntN(2):][:1]
	}
	s.plan(s.between(0, 8*time.Minute), func() { s.trigger(c) })
	for _, p := range []struct {
		chance float64
		do     func(*card)
	}{
		{0.3, s.trigger}, {0.12, s.cancel}, {0.12, s.drop}, {0.06, s.withdraw}, {0.15, s.prioritize},
	} {
		if s.chance(p.chance) {
			s.plan(s.between(time.Minute, 25*time.Minute), func() { p.do(c) })
		}
	}
}

// plan is something that people will do.
func (s *simulation) plan(d time.Duration, f func()) {
	s.plans++
	s.after(d, func() {
		s.plans--
		f()
	})
}

// trigger moves the card to the ready status, perhaps again. Each cluster sees it at its next poll.
func (s *simulation) trigger(c *card) {
	at := s.now.Truncate(time.Second)
	if !at.After(c.triggered) {
		return
	}
	c.triggered, c.lifted = at, false
	for _, k := range c.clusters {
		s.plan(s.between(0, time.Minute), func() { s.poll(c, k) })
	}
}

// poll is what a cluster's poll makes of a card in the ready status.
func (s *simulation) poll(c *card, k *cluster) {
	if c.lifted || c.triggered.IsZero() || k.gone {
		return
	}
	at := metav1.NewTime(c.triggered)
	if item := k.items[c.name]; item != nil {
		if !item.DeletionTimestamp.IsZero() {
			s.plan(time.Minute, func() { s.poll(c, k) })
			return
		}
		k.edit(c.name, "triggered at "+c.triggered.Sub(epoch).String(), func(i *v1alpha1.WorkItem) { i.Spec.TriggeredAt, i.Spec.Cancel = &at, false })
		return
	}
	spec := *c.spec.DeepCopy()
	spec.TriggeredAt = &at
	k.create(c.name, spec)
	if s.chance(0.05) && !s.calm {
		s.plan(s.between(0, 300*time.Millisecond), func() { // perhaps before it has a finalizer
			k.remove(c.name)
			s.plan(s.between(time.Second, time.Minute), func() { s.poll(c, k) })
		})
	}
}

// cancel sets spec.cancel in one cluster.
func (s *simulation) cancel(c *card) {
	c.clusters[s.random.IntN(len(c.clusters))].edit(c.name, "cancelled", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true })
}

// prioritize changes the item's priority in each cluster.
func (s *simulation) prioritize(c *card) {
	priority := int32(s.random.IntN(3))
	for _, k := range c.clusters {
		k.edit(c.name, fmt.Sprintf("priority is %d", priority), func(i *v1alpha1.WorkItem) { i.Spec.Priority = priority })
	}
}

// drop deletes the item in one cluster. Its card is still triggered, so that the next poll makes it again.
func (s *simulation) drop(c *card) {
	k := c.clusters[s.random.IntN(len(c.clusters))]
	k.remove(c.name)
	s.plan(s.between(time.Second, 3*time.Minute), func() { s.poll(c, k) })
}

// withdraw moves the card away.
func (s *simulation) withdraw(c *card) {
	if c.triggered.IsZero() {
		return
	}
	c.lifted = true
	for _, k := range c.clusters {
		s.plan(s.between(0, time.Minute), func() {
			k.edit(c.name, "withdrawn", func(i *v1alpha1.WorkItem) {
				i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: c.triggered.Format(time.RFC3339)}
			})
		})
	}
}

// planTrouble is what else happens in the accounts and clusters.
func (s *simulation) planTrouble() {
	for _, c := range s.clusters {
		if s.chance(0.25) {
			s.plan(s.between(time.Minute, 25*time.Minute), func() { c.setConcurrency(int32(1 + s.random.IntN(3))) })
		}
		if s.chance(0.25) {
			s.plan(s.between(time.Minute, 25*time.Minute), c.setTestCommand)
		}
	}
	if s.chance(0.25) {
		s.unlocker()
	}
	for _, a := range s.accounts {
		if s.chance(0.1) {
			s.plan(s.between(0, 10*time.Minute), func() { a.full = s.now.Add(s.between(time.Minute, time.Hour)) })
		}
		for range s.random.IntN(3) {
			s.plan(s.between(time.Minute, 25*time.Minute), func() { s.meddle(a) })
		}
	}
}

// meddle is what a person, or AWS, does to one of the account's builds.
func (s *simulation) meddle(a *account) {
	if len(a.builds) == 0 || s.calm {
		return
	}
	r := a.builds[s.random.IntN(len(a.builds))]
	switch s.random.IntN(4) {
	case 0, 1:
		a.retryByHand(r)
	case 2:
		a.end(r, cbtypes.StatusTypeFault)
	default:
		a.end(r, cbtypes.StatusTypeStopped)
	}
}
