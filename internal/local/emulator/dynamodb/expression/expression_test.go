// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package expression

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func s(text string) types.AttributeValue { return &types.AttributeValueMemberS{Value: text} }
func n(text string) types.AttributeValue { return &types.AttributeValueMemberN{Value: text} }
func l(all ...types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: all}
}
func m(all Row) types.AttributeValue         { return &types.AttributeValueMemberM{Value: all} }
func set(all ...string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: all} }

// names has every "#x" stand for x.
func names(text string) map[string]string {
	all := map[string]string{}
	for _, t := range token.FindAllString(text, -1) {
		if strings.HasPrefix(t, "#") && t != "#unknown" {
			all[t] = t[1:]
		}
	}
	return all
}

var ignore = cmpopts.IgnoreUnexported(types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, types.AttributeValueMemberL{},
	types.AttributeValueMemberM{}, types.AttributeValueMemberSS{}, types.AttributeValueMemberNS{})

func TestHolds(t *testing.T) {
	row := Row{"status": s("failed"), "fence": n("7"), "lockId": s("a"), "list": l(n("1"), s("x")), "tasks": m(Row{"done": n("3")}), "tags": set("p", "q"), "truth": &types.AttributeValueMemberBOOL{}}
	values := Row{":s": s("in_progress"), ":n": n("8"), ":t": s("N"), ":a": s("a"), ":f": s("fai"), ":seven": n("7.0"), ":three": n("3"), ":p": s("p"),
		":big": n("123456789012345678901234567890"), ":same": set("q", "p"), ":two": n("2")}
	for expression, want := range map[string]bool{
		"attribute_not_exists(#lockId)":              false,
		"attribute_not_exists(#buildId)":             true,
		"#status <> :s":                              true,
		"#absent <> :s":                              true, // an absent attribute is equal to nothing
		"#absent = :s":                               false,
		"#absent < :n":                               false,
		"#fence < :n AND #lockId = :a":               true,
		"#lockId < :n":                               false, // two types have no order
		"#lockId <> :n":                              true,
		"#lockId = :n OR attribute_type(#fence, :t)": true,
		"attribute_exists(#buildId) OR (attribute_type(#fence, :t) AND #status = :s)":        false,
		"attribute_not_exists(#lockId) OR #fence < :n AND (#status <> :s AND #lockId <> :a)": false,
		"NOT #fence = :n and not (#lockId <> :a)":                                            true,
		"fence = :seven": true, // a number is what it counts
		"fence < :big":   true,
		"(fence < :big) AND ((#lockId = :a) OR #absent = :s)": true, // none of these is redundant
		"#truth < :n":                                        false, // an attribute of another type does not match
		"fence BETWEEN :seven AND :n":                        true,
		"fence BETWEEN :n AND :big":                          false,
		"lockId IN (:s, :a)":                                 true,
		"lockId IN (:s)":                                     false,
		"begins_with(#status, :f)":                           true,
		"contains(#status, :f) AND contains(tags, :p)":       true,
		"contains(#list, :a)":                                false,
		"tags = :same":                                       true, // a set has no order
		"size(tags) >= :two AND size(#list) <= :two":         true,
		"tasks.done = :three AND #tasks.#done >= :three":     true,
		"#list[0] < :two AND attribute_not_exists(#list[7])": true,
	} {
		c, err := ParseCondition(expression, names(expression))
		if err != nil {
			t.Errorf("%s: %v", expression, err)
			continue
		}
		if got, err := c.Holds(row, values); got != want || err != nil {
			t.Errorf("%s: got %t, %v", expression, got, err)
		}
	}
}

func TestApply(t *testing.T) {
	tests := map[string]struct {
		why    string
		update string
		want   Row
	}{
		"Fence": {"the lock's own expression", "SET #fence = if_not_exists(#fence, :n) + :one, #new = if_not_exists(#gone, :n), #status = :s REMOVE #lockId, #absent",
			Row{"fence": n("8"), "new": n("8"), "status": s("in_progress")}},
		"Reads the old row": {"each action reads the row as it was before all of them", "SET #fence = :n, #new = #fence, #lockId = #status",
			Row{"fence": n("8"), "new": n("7"), "status": s("failed"), "lockId": s("failed")}},
		"Minus":       {"a number goes below zero", "SET #fence = #fence - :n", Row{"fence": n("-1"), "status": s("failed"), "lockId": s("a")}},
		"Fraction":    {"numbers are decimal and exact", "SET #fence = #fence + :tenth", Row{"fence": n("7.1"), "status": s("failed"), "lockId": s("a")}},
		"Add":         {"an absent number is added to nothing", "ADD #new :n, #fence :one", Row{"new": n("8"), "fence": n("8"), "status": s("failed"), "lockId": s("a")}},
		"Lower case":  {"clauses are not case sensitive", "set #fence = :n remove #lockId, #status", Row{"fence": n("8")}},
		"Append":      {"a list grows at its end", "SET #new = list_append(if_not_exists(#new, :none), :list) REMOVE #status, #lockId, #fence", Row{"new": l(n("1"))}},
		"Set":         {"a set has an element once", "ADD #new :tags REMOVE #status, #lockId, #fence", Row{"new": set("p", "q")}},
		"Nested":      {"a part of a map can be written when the map is there", "SET #status = :map REMOVE #lockId, #fence", Row{"status": m(Row{"done": n("1")})}},
		"Placeholder": {"a name may be any text", "SET #new = :s REMOVE #status, #lockId, #fence", Row{"new": s("in_progress")}},
	}
	values := Row{":n": n("8"), ":one": n("1"), ":s": s("in_progress"), ":tenth": n("0.1"), ":none": l(), ":list": l(n("1")), ":tags": set("p", "q"), ":map": m(Row{"done": n("1")})}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			row := Row{"status": s("failed"), "fence": n("7"), "lockId": s("a")}
			u, err := ParseUpdate(tc.update, names(tc.update))
			if err != nil {
				t.Fatal(err)
			}
			got, err := u.Apply(row, values)
			if diff := cmp.Diff(tc.want, got, ignore); diff != "" || err != nil {
				t.Errorf("%s: %v, -want +got:\n%s", tc.why, err, diff)
			}
			if diff := cmp.Diff(Row{"status": s("failed"), "fence": n("7"), "lockId": s("a")}, row, ignore); diff != "" {
				t.Errorf("the row that was read has changed:\n%s", diff)
			}
		})
	}
}

func TestApplyWithin(t *testing.T) {
	row := Row{"tasks": m(Row{"done": n("1"), "total": n("2")}), "all": l(s("a"), s("b"), s("c")), "tags": set("p", "q")}
	u, err := ParseUpdate("SET tasks.done = :n, #all[0] = :s REMOVE tasks.#total DELETE tags :gone", map[string]string{"#total": "total", "#all": "all"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := u.Apply(row, Row{":n": n("2"), ":s": s("x"), ":gone": set("p")})
	want := Row{"tasks": m(Row{"done": n("2")}), "all": l(s("x"), s("b"), s("c")), "tags": set("q")}
	if diff := cmp.Diff(want, got, ignore); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	if tasks := row["tasks"].(*types.AttributeValueMemberM).Value; len(tasks) != 2 { //nolint:forcetypeassert // it is made above
		t.Errorf("what the row shares with its next version has changed: %v", tasks)
	}
}

func TestRefused(t *testing.T) {
	tests := map[string]struct{ why, condition, update, says string }{
		"Reserved word":      {"the lock table writes #status for this reason", "status = :s", "", "reserved"},
		"Unknown name":       {"a name that is not given", "#unknown = :s", "", "not defined"},
		"Unknown value":      {"a value that is not given", "fence = :unknown", "", "not defined"},
		"Half a comparison":  {"nothing is guessed", "fence =", "", "syntax"},
		"Two comparisons":    {"nothing is left over", "fence = :s fence = :s", "", "syntax"},
		"Foreign characters": {"nothing is passed over", "fence = :s; fence = :s", "", "syntax"},
		"Open bracket":       {"the expression must end", "(fence = :s", "", "syntax"},
		"Parentheses twice":  {"what says nothing is refused", "((fence = :s))", "", "redundant"},
		"Twice inside":       {"wherever it is", "fence = :s OR NOT ((fence = :s) )", "", "redundant"},
		"Twice in a sum":     {"in an update too", "", "SET fence = ((fence)) + :s", "redundant"},
		"No order":           {"a truth is not less than anything", "fence < :bool", "", "operand type: BOOL"},
		"No clause":          {"an update says what it does", "", "fence = :s", "syntax"},
		"A clause twice":     {"each clause is there once", "", "SET fence = :s SET lockId = :s", "syntax"},
		"One path twice":     {"what would the row be?", "", "SET fence = :s REMOVE fence", "overlap"},
		"A part of a path":   {"the same", "", "SET fence = :s, fence.a = :s", "overlap"},
		"Absent operand":     {"reading what is not there is an error", "", "SET fence = absent", "does not exist"},
		"Text and number":    {"a text is no number", "", "SET fence = fence + :s", "data type"},
		"No such map":        {"a part of nothing cannot be written", "", "SET absent.a = :s", "path"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			row, values := Row{"fence": n("7")}, Row{":s": s("x"), ":bool": &types.AttributeValueMemberBOOL{}}
			var err error
			if tc.condition != "" {
				var c *Condition
				if c, err = ParseCondition(tc.condition, nil); err == nil {
					_, err = c.Holds(row, values)
				}
			} else {
				var u *Update
				if u, err = ParseUpdate(tc.update, nil); err == nil {
					_, err = u.Apply(row, values)
				}
			}
			if err == nil || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("%s: got %v, want an error that says %q", tc.why, err, tc.says)
			}
		})
	}
}
