// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

const (
	// maxPart and maxArchive bound one file and all of them, before they are compressed.
	maxPart    = 16 << 20
	maxArchive = 128 << 20
	// leftOut stands for a value that is not the reader's business.
	leftOut = "(left out)"
)

// archive is a .tar.gz of texts out of which secrets were cut. It goes on whatever could not be had, and says so.
type archive struct {
	zip      *gzip.Writer
	tar      *tar.Writer
	redactor *redact.Redactor
	now      time.Time
	size     int
	files    int
	missing  []string
	err      error
}

func newArchive(to io.Writer, now time.Time) *archive {
	zip := gzip.NewWriter(to)
	return &archive{zip: zip, tar: tar.NewWriter(zip), redactor: redact.New(redact.Options{}), now: now}
}

// part adds a text, or that it could not be had.
func (a *archive) part(name string, text []byte, err error) {
	if err != nil {
		a.miss(name, err)
		return
	}
	if len(text) > maxPart {
		text = append([]byte("(the beginning was cut off)\n"), text[len(text)-maxPart:]...)
	}
	text = a.redactor.Bytes(text)
	if a.size += len(text); a.size > maxArchive {
		a.miss(name, errors.New("the archive is full"))
		return
	}
	a.write(name, text)
}

func (a *archive) write(name string, text []byte) {
	if a.err != nil {
		return
	}
	header := &tar.Header{Name: path.Join("kiro-worker-support", name), Mode: 0o600, Size: int64(len(text)), ModTime: a.now, Typeflag: tar.TypeReg}
	if a.err = a.tar.WriteHeader(header); a.err == nil {
		_, a.err = a.tar.Write(text)
	}
	a.files++
}

// miss notes what is not there, and why.
func (a *archive) miss(what string, err error) {
	a.missing = append(a.missing, a.redactor.String(fmt.Sprintf("%s: %s", what, say(err))))
}

// list adds the objects of a list, a file each, below a directory; the newest where they are many.
func (a *archive) list(err error, list client.ObjectList, dir string) {
	kind := strings.ToLower(strings.TrimSuffix(reflect.TypeOf(list).Elem().Name(), "List")) + "s"
	if err != nil {
		a.miss(dir+"/"+kind, err)
		return
	}
	items, err := meta.ExtractList(list)
	if err != nil {
		a.miss(dir+"/"+kind, err)
		return
	}
	objects := make([]client.Object, 0, len(items))
	for _, item := range items {
		if o, ok := item.(client.Object); ok {
			objects = append(objects, o)
		}
	}
	slices.SortStableFunc(objects, func(x, y client.Object) int {
		return y.GetCreationTimestamp().Compare(x.GetCreationTimestamp().Time)
	})
	if len(objects) > bundleItems {
		a.miss(dir+"/"+kind, fmt.Errorf("%d of %d, the oldest, were left out", len(objects)-bundleItems, len(objects)))
		objects = objects[:bundleItems]
	}
	for _, o := range objects {
		a.object(path.Join(dir, kind, o.GetName()+".yaml"), o)
	}
}

// object adds an object without who set which field, and without the values of environment variables: they are somebody's own.
func (a *archive) object(name string, o client.Object) {
	o.SetManagedFields(nil)
	annotations := o.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	o.SetAnnotations(annotations)
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		a.miss(name, err)
		return
	}
	leaveValuesOut(content)
	text, err := yaml.Marshal(content)
	a.part(name, text, err)
}

// leaveValuesOut takes the values out of every list of environment variables, at whatever depth.
func leaveValuesOut(in any) {
	switch in := in.(type) {
	case map[string]any:
		for key, value := range in {
			if list, ok := value.([]any); ok && key == "env" {
				for _, entry := range list {
					if variable, ok := entry.(map[string]any); ok && variable["value"] != nil {
						variable["value"] = leftOut
					}
				}
			}
			leaveValuesOut(value)
		}
	case []any:
		for _, value := range in {
			leaveValuesOut(value)
		}
	}
}

// close writes what is missing, and the end.
func (a *archive) close() error {
	if len(a.missing) > 0 {
		a.write("errors.txt", []byte(strings.Join(a.missing, "\n")+"\n"))
	}
	return errors.Join(a.err, a.tar.Close(), a.zip.Close())
}

// restarts is how often the pod's manager was started again.
func restarts(pod *corev1.Pod) int32 {
	for i := range pod.Status.ContainerStatuses {
		if pod.Status.ContainerStatuses[i].Name == managerContainer {
			return pod.Status.ContainerStatuses[i].RestartCount
		}
	}
	return 0
}

// metricsOf is how the API server reaches the pod's metrics; no port where it serves none.
func metricsOf(pod *corev1.Pod) (scheme, port string) {
	scheme = "https"
	for i := range pod.Spec.Containers {
		c := &pod.Spec.Containers[i]
		if c.Name != managerContainer {
			continue
		}
		for _, arg := range c.Args {
			if arg == "--metrics-secure=false" {
				scheme = "http"
			}
			if address, ok := strings.CutPrefix(arg, "--metrics-bind-address="); ok {
				port = address[strings.LastIndex(address, ":")+1:]
			}
		}
	}
	if port == "0" {
		port = ""
	}
	return scheme, port
}
