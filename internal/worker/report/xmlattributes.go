// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// attribute reads one attribute, of which first is the first byte. Of a value that is too long the beginning is kept.
func (x *xmlReader) attribute(first byte) (xmlAttribute, error) {
	name, err := x.name(first)
	if err != nil {
		return xmlAttribute{}, err
	}
	b, err := x.blanks()
	if err != nil {
		return xmlAttribute{}, err
	}
	if b != '=' {
		return xmlAttribute{}, errors.New("it cannot be decoded: an attribute has no value")
	}
	quote, err := x.blanks()
	if err != nil {
		return xmlAttribute{}, err
	}
	if quote != '"' && quote != '\'' {
		return xmlAttribute{}, errors.New("it cannot be decoded: an attribute's value has no quotes")
	}
	var buffer [256]byte
	value, entities := buffer[:0], false
	for {
		if b, err = x.in.ReadByte(); err != nil {
			return xmlAttribute{}, err
		}
		if b == quote {
			break
		}
		if entities = entities || b == '&'; len(value) < maxXMLValue {
			value = append(value, b)
		}
	}
	if !entities {
		return xmlAttribute{name, string(value)}, nil
	}
	text, err := withEntities(string(value), len(value) == maxXMLValue)
	return xmlAttribute{name, text}, err
}

var xmlEntities = map[string]string{"lt": "<", "gt": ">", "amp": "&", "quot": `"`, "apos": "'"}

// withEntities replaces the entities of XML itself and characters by number, of whatever they are.
func withEntities(value string, cut bool) (string, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(value, "&")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, behind, found := strings.Cut(rest, ";")
		switch replaced, known := xmlEntities[name]; {
		case !found && cut:
			return out.String(), nil
		case !found:
			return "", errors.New("it cannot be decoded: an entity has no end")
		case known:
			out.WriteString(replaced)
		case strings.HasPrefix(name, "#"):
			number := strings.Replace(name[1:], "x", "0x", 1)
			n, err := strconv.ParseInt(number, 0, 32)
			if err != nil {
				if n, err = strconv.ParseInt(name[1:], 10, 32); err != nil {
					return "", fmt.Errorf("it cannot be decoded: %.20q is no character", name)
				}
			}
			out.WriteRune(rune(n))
		default:
			return "", fmt.Errorf("it cannot be decoded: nobody declares the entity %.20q", name)
		}
		value = behind
	}
}

// attribute is an element's attribute; empty if it has none.
func attribute(e *element, name string) string {
	for _, a := range e.attributes {
		if a.name == name {
			return a.value
		}
	}
	return ""
}

// number is a count in an attribute, 0 if it is absent.
func number(e *element, name string, limit int64) (int64, error) {
	text := strings.TrimSpace(attribute(e, name))
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > limit {
		return 0, fmt.Errorf("%s=%.40q of <%s> is no count", name, text, e.name)
	}
	return n, nil
}
