// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// maxURL is the longest address that the schema allows, in bytes.
const maxURL = 512

// ownAnnotations are the annotations of an item that this controller applies.
var ownAnnotations = []string{
	v1alpha1.WithdrawnAnnotation, v1alpha1.WithdrawalSuspectedAnnotation, v1alpha1.CardVersionAnnotation,
}

// desired is the part of a card's item that its source owns: never priority, cancel, time-out and dependsOn, which belong to
// people.
func desired(source *v1alpha1.WorkSource, c chosenCard) *v1alpha1.WorkItem {
	triggered := metav1.NewTime(trigger(c))
	item := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: source.Namespace, Name: c.name, OwnerReferences: []metav1.OwnerReference{ownerReference(source)},
			// Here, and not by the item's own controller, which would have to write it once more.
			Finalizers: []string{v1alpha1.Finalizer},
		},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: source.Spec.EnvironmentRef,
			SourceRef:      &v1alpha1.LocalObjectReference{Name: source.Name},
			Card:           cardOf(c.card),
			TriggeredAt:    &triggered,
			Repository:     c.card.Repository,
			Branch:         c.branch,
			SpecPath:       c.specPath,
		},
	}
	item.Spec.Card.BlockedBy = c.blockedBy
	if d := source.Spec.Dependencies; d != nil {
		item.Spec.DependenciesUntil = d.Until
	}
	if c.item != nil {
		item.UID = c.item.UID
	}
	if c.card.Type == board.TypePullRequest && c.card.Number > 0 && c.branch == c.card.HeadBranch {
		item.Spec.PullRequest = ptr.To(int64(c.card.Number))
	}
	if branchOrigin(source) == v1alpha1.BranchFromLinkedBranch {
		item.Annotations = map[string]string{v1alpha1.CardVersionAnnotation: version(c.card)}
	}
	return item
}

// trigger is when the card was last triggered. It is never earlier than what the item says: a retry by hand triggers the
// item at a time of its own. A card that was withdrawn and is ready again is triggered again, whatever its clock says.
func trigger(c chosenCard) time.Time {
	at := c.card.StatusUpdatedAt.UTC().Truncate(time.Second)
	if c.item == nil || c.item.Spec.TriggeredAt == nil {
		return at
	}
	recorded := c.item.Spec.TriggeredAt.UTC()
	if at.After(recorded) {
		return at
	}
	if c.item.Withdrawn() {
		return recorded.Add(time.Second)
	}
	return recorded
}

// cardOf is the card as the item shows it, cut to what the schema allows.
func cardOf(card board.Card) *v1alpha1.Card {
	c := &v1alpha1.Card{
		Provider: provider, ID: card.ID, ContentID: card.ContentID, Number: int64(max(card.Number, 0)), Title: fault.Cut(card.Title, maxTitle),
	}
	if len(card.URL) <= maxURL {
		c.URL = card.URL
	}
	if !card.CreatedAt.IsZero() {
		at := metav1.NewTime(card.CreatedAt.UTC().Truncate(time.Second))
		c.CreatedAt = &at
	}
	return c
}

func ownerReference(source *v1alpha1.WorkSource) metav1.OwnerReference {
	return metav1.OwnerReference{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: sourceKind, Name: source.Name, UID: source.UID,
		Controller: ptr.To(true), BlockOwnerDeletion: ptr.To(false),
	}
}

// ownPart is the part of an existing item that its source owns, to be applied again with a change.
func ownPart(source *v1alpha1.WorkSource, item *v1alpha1.WorkItem) *v1alpha1.WorkItem {
	s := item.Spec
	part := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: item.Namespace, Name: item.Name, UID: item.UID,
			OwnerReferences: []metav1.OwnerReference{ownerReference(source)},
			Annotations:     annotationsOf(item),
			Finalizers:      ownFinalizers(item),
		},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: s.EnvironmentRef, SourceRef: s.SourceRef, Card: s.Card, TriggeredAt: s.TriggeredAt,
			Repository: s.Repository, Branch: s.Branch, SpecPath: s.SpecPath, PullRequest: s.PullRequest,
		},
	}
	if source.Spec.Dependencies != nil {
		part.Spec.DependenciesUntil = s.DependenciesUntil
	}
	return part.DeepCopy()
}

// ownFinalizers are those that an item keeps: what was applied once and is left out later would be taken away. One that is
// being deleted may be given none that it does not have.
func ownFinalizers(item *v1alpha1.WorkItem) []string {
	if !controllerutil.ContainsFinalizer(item, v1alpha1.Finalizer) {
		return nil
	}
	return []string{v1alpha1.Finalizer}
}

func annotationsOf(item *v1alpha1.WorkItem) map[string]string {
	own := map[string]string{}
	for _, name := range ownAnnotations {
		if value, ok := item.Annotations[name]; ok {
			own[name] = value
		}
	}
	return own
}

// upToDate reports whether an item is as its source wants it.
func upToDate(item, wanted *v1alpha1.WorkItem) bool {
	owner := metav1.GetControllerOf(item)
	now := item.Spec
	now.Priority, now.Cancel, now.Timeout, now.DependsOn = wanted.Spec.Priority, wanted.Spec.Cancel, wanted.Spec.Timeout, wanted.Spec.DependsOn
	if wanted.Spec.DependenciesUntil == "" {
		now.DependenciesUntil = "" // a person's
	}
	if wanted.Spec.PullRequest == nil {
		now.PullRequest = nil // somebody else's to set
	}
	return equality.Semantic.DeepEqual(now, wanted.Spec) &&
		maps.Equal(annotationsOf(item), annotationsOf(wanted)) &&
		owner != nil && owner.UID == wanted.OwnerReferences[0].UID
}

// applyItem applies the part of an item that the source owns. An item that exists is named by its UID, so that
// another item of the same name is never overwritten; of a new one nothing is forced, for the same reason.
func applyItem(ctx context.Context, c client.Client, source *v1alpha1.WorkSource, part *v1alpha1.WorkItem) (uid string, err error) {
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(part)
	if err != nil {
		return "", fmt.Errorf("encoding the item: %w", err)
	}
	u := &unstructured.Unstructured{Object: content}
	u.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(itemKind))
	unstructured.RemoveNestedField(u.Object, "status")
	unstructured.RemoveNestedField(u.Object, "metadata", "creationTimestamp")

	options := []client.ApplyOption{client.FieldOwner(fieldOwner(source.Name))}
	if part.UID != "" {
		options = append(options, client.ForceOwnership)
	}
	err = c.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), options...)
	return string(u.GetUID()), err // the server's answer is in it
}
