// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Bounds of what is kept of one element. A message may be long; no parser reads more of it.
const (
	maxXMLDepth     = 64
	maxAttributes   = 256
	maxXMLName      = 256
	maxXMLValue     = 2048
	maxXMLDirective = 64 << 10
)

// element is the beginning of an element of XML. It is valid until the next one is read.
type element struct {
	name       string // without a prefix
	attributes []xmlAttribute
	text       string // its text, of the few elements in which a parser reads that
}

type xmlAttribute struct{ name, value string }

// xmlReader reads the markup of a document and drops its text. Unlike the decoder of the standard library it keeps no more
// than one element, however long that or the text is, and it forgives what tools write that XML forbids: control
// characters, invalid UTF-8, another version or encoding than it says. Only the markup matters here.
type xmlReader struct {
	in      *bufio.Reader
	current element
	names   map[string]string
}

// isXML recognises XML by its first character, without decoding it.
func isXML(t *text) bool { return t.first() == '<' }

// walkXML calls start and end for each element. No entity but the five of XML itself is known, nothing is loaded from
// elsewhere, and a document that declares entities is refused. The first element must be one of roots, else it is
// another format. What follows the first element's end is not read.
func walkXML(t *text, roots []string, start func(*element) error, end func(string)) error {
	in, err := t.reader()
	if err != nil {
		return err
	}
	x := &xmlReader{in: in, names: map[string]string{}}
	depth, known := 0, false
	for {
		kind, err := x.next()
		switch {
		case errors.Is(err, io.EOF) && !known:
			return errOther
		case errors.Is(err, io.EOF):
			return errors.New("it is cut short")
		case err != nil && !known && !errors.Is(err, errEntities):
			return errOther
		case err != nil:
			return err
		}
		if kind != xmlEnd {
			if !known {
				if known = slices.Contains(roots, x.current.name); !known {
					return errOther
				}
			}
			if depth++; depth > maxXMLDepth {
				return fmt.Errorf("its elements are nested more than %d deep", maxXMLDepth)
			}
			if err := start(&x.current); err != nil {
				return err
			}
		}
		if kind != xmlStart {
			if depth--; depth < 0 {
				return errors.New("it ends an element that was not begun")
			}
			if end(x.current.name); depth == 0 {
				return nil
			}
		}
	}
}

type xmlKind int

const (
	xmlStart xmlKind = iota
	xmlEnd
	xmlBoth // an element without content
)

var errEntities = errors.New("it declares entities, which no tool needs and an attack would")

// next reads up to the next tag.
func (x *xmlReader) next() (xmlKind, error) {
	for {
		if err := x.skipTo('<'); err != nil {
			return 0, err
		}
		b, err := x.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch b {
		case '?':
			err = x.skipPast("?>")
		case '!':
			err = x.directive()
		case '/':
			name, err := x.name(0)
			if err != nil {
				return 0, err
			}
			x.current.name = name
			return xmlEnd, x.skipTo('>')
		default:
			return x.start(b)
		}
		if err != nil {
			return 0, err
		}
	}
}

func (x *xmlReader) skipTo(b byte) error {
	for {
		_, err := x.in.ReadSlice(b)
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// skipPast reads to the end of a text that ends with a mark.
func (x *xmlReader) skipPast(mark string) error {
	last := mark[len(mark)-1]
	var tail []byte
	for {
		part, err := x.in.ReadSlice(last)
		tail = append(tail, part[max(0, len(part)-len(mark)):]...)
		tail = tail[max(0, len(tail)-len(mark)):]
		if err == nil && string(tail) == mark {
			return nil
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
	}
}

// directive reads a comment, a CDATA section or a document type.
func (x *xmlReader) directive() error {
	head, err := x.in.Peek(7)
	switch {
	case bytes.HasPrefix(head, []byte("--")):
		_, _ = x.in.Discard(2)
		return x.skipPast("-->")
	case bytes.HasPrefix(head, []byte("[CDATA[")):
		_, _ = x.in.Discard(7)
		return x.skipPast("]]>")
	case err != nil && len(head) == 0:
		return err
	}
	var seen []byte
	for inner := 0; ; {
		b, err := x.in.ReadByte()
		if err != nil {
			return err
		}
		if seen = append(seen, b); len(seen) > maxXMLDirective {
			return errors.New("it cannot be decoded: its document type has no end")
		}
		switch {
		case b == '<':
			inner++
		case b == '>' && inner > 0:
			inner--
		case b == '>':
			return nil
		}
		if b == 'Y' || b == 'y' {
			if bytes.Contains(bytes.ToUpper(seen[max(0, len(seen)-7):]), []byte("!ENTITY")) {
				return errEntities
			}
		}
	}
}

// name reads a name, of which first may be the first byte, up to what cannot be in it.
func (x *xmlReader) name(first byte) (string, error) {
	var buffer [maxXMLName]byte
	name := buffer[:0]
	if first != 0 {
		name = append(name, first)
	}
	for {
		b, err := x.in.ReadByte()
		if err != nil {
			return "", err
		}
		if b <= ' ' || b == '=' || b == '>' || b == '/' || b == '<' || b == '"' {
			if err := x.in.UnreadByte(); err != nil {
				return "", err
			}
			break
		}
		if len(name) == maxXMLName {
			return "", errors.New("it cannot be decoded: a name in it is too long")
		}
		name = append(name, b)
	}
	name = name[bytes.LastIndexByte(name, ':')+1:]
	if len(name) == 0 {
		return "", errors.New("it cannot be decoded: a name in it is missing")
	}
	// There are few names, however many elements there are.
	if known, ok := x.names[string(name)]; ok {
		return known, nil
	}
	text := string(name)
	if len(x.names) < 1000 {
		x.names[text] = text
	}
	return text, nil
}

func (x *xmlReader) blanks() (byte, error) {
	for {
		b, err := x.in.ReadByte()
		if err != nil || b > ' ' {
			return b, err
		}
	}
}

// start reads the rest of an element's beginning.
func (x *xmlReader) start(first byte) (xmlKind, error) {
	if first <= ' ' || first == '<' || first == '>' || first == '=' {
		return 0, errors.New("it cannot be decoded: an element has no name")
	}
	name, err := x.name(first)
	if err != nil {
		return 0, err
	}
	x.current.name, x.current.attributes = name, x.current.attributes[:0]
	for {
		b, err := x.blanks()
		if err != nil {
			return 0, err
		}
		switch b {
		case '>':
			if x.current.text = ""; name == "source" {
				x.current.text, err = x.textBegin()
			}
			return xmlStart, err
		case '/':
			if b, err = x.blanks(); err != nil {
				return 0, err
			}
			if b != '>' {
				return 0, errors.New("it cannot be decoded: a stray slash in an element")
			}
			return xmlBoth, nil
		}
		if len(x.current.attributes) >= maxAttributes {
			return 0, fmt.Errorf("an element has more than %d attributes, which no tool writes", maxAttributes)
		}
		a, err := x.attribute(b)
		if err != nil {
			return 0, err
		}
		x.current.attributes = append(x.current.attributes, a)
	}
}

// textBegin is the beginning of an element's text. It stays to be read.
func (x *xmlReader) textBegin() (string, error) {
	text, err := x.in.Peek(maxXMLValue)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	before, _, _ := bytes.Cut(text, []byte("<"))
	return string(before), nil
}
