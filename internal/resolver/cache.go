// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"container/list"
	"sync"
)

// cache keeps the most recently used values, up to a number. Whoever holds a value that was dropped goes on with it.
type cache[K comparable, V any] struct {
	size int

	mu     sync.Mutex
	recent *list.List // of entry[K, V], most recently used first
	byKey  map[K]*list.Element
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newCache[K comparable, V any](size int) *cache[K, V] {
	return &cache[K, V]{size: size, recent: list.New(), byKey: map[K]*list.Element{}}
}

// get returns the key's value, made if it is not there. An error is not kept: the next call makes it again.
func (c *cache[K, V]) get(key K, create func() (V, error)) (V, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.recent.MoveToFront(e)
		return e.Value.(entry[K, V]).value, nil //nolint:forcetypeassert // nothing else is put in
	}
	value, err := create()
	if err != nil {
		return value, err
	}
	c.byKey[key] = c.recent.PushFront(entry[K, V]{key, value})
	if oldest := c.recent.Back(); c.recent.Len() > c.size {
		c.recent.Remove(oldest)
		delete(c.byKey, oldest.Value.(entry[K, V]).key) //nolint:forcetypeassert // nothing else is put in
	}
	return value, nil
}
