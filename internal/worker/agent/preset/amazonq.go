// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

// amazonQ runs Amazon Q Developer's command line. Its makers keep it alive for security alone and send people to Kiro's.
//
// Command line: docs.aws.amazon.com/amazonq/latest/qdeveloper-ug/command-line-reference.html (--no-interactive, --trust-all-tools,
// --resume). A login needs a browser; what works without a person is AMAZON_Q_SIGV4 with credentials of AWS
// (aws/amazon-q-developer-cli#3343). `q whoami` knows nothing of these (crates/chat-cli/src/cli/user.rs there), so nothing can be
// asked before the first task. Without credentials it says "You are not logged in, please log in with q login" (#2370). It never
// says what a turn cost. Kiro's program descends from it, and denied tools are announced in the same words.
type amazonQ struct{}

func (amazonQ) Traits() Traits {
	return Traits{
		Program: "q", TicksBoxes: true, Sessions: []string{".local/share/amazon-q"},
		// The agent's own AWS user: nothing of the build's role is in here.
		Own: []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION"},
	}
}

func (amazonQ) Arguments(c Call) ([]string, error) {
	args := []string{"q", "chat", "--no-interactive", "--trust-all-tools"}
	if c.Resume {
		args = append(args, "--resume")
	}
	return append(args, c.Prompt), nil
}

func (amazonQ) LoggedOut(Answer) string { return "" }

func (amazonQ) Listen() Listener { return &amazonQTurn{} }

type amazonQTurn struct{ turn kiroTurn }

func (q *amazonQTurn) Hear(from Stream, text []byte) { q.turn.Hear(from, text) }

// Findings takes a run that printed nothing for one that did nothing, whatever its exit code: no line about costs proves the
// contrary.
func (q *amazonQTurn) Findings(e Exit) Findings {
	f := q.turn.Findings(e)
	f.Idle = e.ByItself && e.Quiet
	return f
}
