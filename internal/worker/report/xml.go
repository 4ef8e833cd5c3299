// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// maxXMLDepth bounds nesting: the decoder remembers every open element.
const maxXMLDepth = 64

// isXML recognises XML by its first character, without decoding it.
func isXML(text []byte) bool {
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	return len(text) > 0 && text[0] == '<'
}

// walkXML calls start and end for each element, with the names of the elements that it is in. No entity but the
// five of XML itself is known, nothing is loaded from elsewhere, and a document that declares entities is refused.
// The first element must be one of roots, else it is another format.
func walkXML(text []byte, roots []string, start func(xml.StartElement) error, end func(string)) error {
	d := xml.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))))
	d.CharsetReader = charset
	depth, known := 0, false
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if !known {
				return errOther
			}
			if depth > 0 {
				return errors.New("it is cut short")
			}
			return nil
		}
		if err != nil {
			if !known {
				return errOther
			}
			return fmt.Errorf("it cannot be decoded: %w", err)
		}
		switch e := token.(type) {
		case xml.Directive:
			if bytes.Contains(bytes.ToUpper(e), []byte("!ENTITY")) {
				return errors.New("it declares entities, which no tool needs and an attack would")
			}
		case xml.StartElement:
			if !known {
				if known = contains(roots, e.Name.Local); !known {
					return errOther
				}
			}
			if depth++; depth > maxXMLDepth {
				return fmt.Errorf("its elements are nested more than %d deep", maxXMLDepth)
			}
			if err := start(e); err != nil {
				return err
			}
		case xml.EndElement:
			if depth--; depth < 0 {
				return errors.New("it ends an element that was not begun")
			}
			end(e.Name.Local)
		}
	}
}

func contains(names []string, n string) bool {
	for _, name := range names {
		if name == n {
			return true
		}
	}
	return false
}

// charset reads the encodings that tools on other systems write, of which only the ASCII part matters here.
func charset(label string, in io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252", "cp1252":
		return &latin1{in: in}, nil
	default:
		return nil, fmt.Errorf("the encoding %.40q is not read; write UTF-8", label)
	}
}

// latin1 turns ISO 8859-1 into UTF-8.
type latin1 struct {
	in   io.Reader
	rest []byte
}

// Read implements io.Reader.
func (l *latin1) Read(p []byte) (int, error) {
	if len(l.rest) == 0 {
		raw := make([]byte, 4096)
		n, err := l.in.Read(raw)
		if n == 0 {
			return 0, err
		}
		for _, b := range raw[:n] {
			l.rest = append(l.rest, string(rune(b))...)
		}
	}
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	return n, nil
}

// attribute is an element's attribute; empty if it has none.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// number is a count in an attribute, 0 if it is absent.
func number(e xml.StartElement, name string, limit int64) (int64, error) {
	text := strings.TrimSpace(attribute(e, name))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > limit {
		return 0, fmt.Errorf("%s=%.40q of <%s> is no count", name, text, e.Name.Local)
	}
	return n, nil
}
