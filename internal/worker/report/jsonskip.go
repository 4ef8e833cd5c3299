// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

// skip reads a value and forgets it.
func (j *jsonReader) skip() error {
	for depth := 0; ; {
		b, err := j.blanks()
		if err != nil {
			return err
		}
		switch b {
		case '{', '[':
			if depth++; depth > 10_000 {
				return errJSON("its values are nested too deep")
			}
		case '}', ']':
			if depth--; depth < 0 {
				return errJSON("a value is missing")
			}
		case '"':
			if err := j.skipText(); err != nil {
				return err
			}
		case ',', ':':
			if depth == 0 {
				return errJSON("a value is missing")
			}
			continue
		default:
			if err := j.in.UnreadByte(); err != nil {
				return err
			}
			if _, err := j.word(); err != nil {
				return err
			}
		}
		if depth == 0 {
			return nil
		}
	}
}

func (j *jsonReader) skipText() error {
	for {
		b, err := j.in.ReadByte()
		switch {
		case err != nil:
			return errJSONEnd
		case b == '"':
			return nil
		case b == '\\':
			if _, err := j.in.ReadByte(); err != nil {
				return errJSONEnd
			}
		}
	}
}
