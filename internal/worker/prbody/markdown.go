// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"strings"
	"unicode"
)

// Text from tools, titles and file names is put into code, where GitHub follows no mention, no closing keyword and no
// markup. What could end the code is removed first.

// CodeText is a text of at most limit bytes that can be put into code: one line, no backticks,
// no comment that looks like a marker, and nothing that ends a table's cell.
func CodeText(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r): // Cf: what turns the direction, or has no width
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	// Only now: what was removed above may have kept the parts of a marker apart.
	text = strings.NewReplacer("`", "'", "<!--", "<!- -", "-->", "- ->", "|", "¦").Replace(text)
	return Cut(text, limit)
}

// code is a text as inline code; a dash if nothing is left of it.
func code(text string, limit int) string {
	if text = CodeText(text, limit); text == "" {
		return "–"
	}
	return "`" + text + "`"
}

// link is a link, if the address is one that can be put into markdown; else the text alone.
func link(text, address string) string {
	if !strings.HasPrefix(address, "https://") && !strings.HasPrefix(address, "http://") ||
		strings.ContainsAny(address, " ()<>\"'`\\\n\r\t|") {
		return text
	}
	return "[" + text + "](" + address + ")"
}

// table writes a table of cells that are safe already.
func table(w *strings.Builder, head []string, rows [][]string) {
	fmt.Fprintf(w, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(" --- |", len(head)))
	for _, row := range rows {
		fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
	}
	w.WriteString("\n")
}

// details folds a text away.
func details(w *strings.Builder, summary, text string) {
	fmt.Fprintf(w, "<details><summary>%s</summary>\n\n%s\n</details>\n\n", summary, strings.TrimRight(text, "\n")+"\n")
}
