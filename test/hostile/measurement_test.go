// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Tests measure what is on the branch. Nothing else that the agent left may decide what they measure.
func TestNothingOfTheAgentReachesTheMeasurement(t *testing.T) {
	perl(t)
	const serve = `perl -MIO::Socket::INET -e 'fork and exit; require POSIX; POSIX::setsid(); my $s = IO::Socket::INET->new(Listen => 1, LocalAddr => "127.0.0.1:" . $ARGV[0], ReuseAddr => 1) or die; while (1) { my $c = $s->accept; close $c if $c }' "$port" >/dev/null 2>&1`
	const agent = `
port=$((20000 + $(id -u) % 20000)); own=$(getent passwd "$(id -u)" | cut -d: -f6)
echo 'script-shell=/bin/true' > "$HOME/.npmrc"
git config --global core.hooksPath /tmp
mkdir -p "$HOME/.cache/x" "$HOME/.config" node_modules/left ignored; echo left > "$HOME/.cache/x/y"
echo left > "$TMPDIR/left"; echo left > node_modules/left/index.js; echo left > ignored/left; echo left > results.json
echo left > "/tmp/left-$(id -u)"; echo left > "/var/tmp/left-$(id -u)"; echo left > "/dev/shm/left-$(id -u)"
echo left > "$own/.npmrc"; mkdir -p "$own/.m2"; echo left > "$own/.m2/settings.xml"
` + serve + `
echo "$1" > "f$1"`
	const tests = `
port=$((20000 + $(id -u) % 20000)); own=$(getent passwd "$(id -u)" | cut -d: -f6)
for f in "$HOME/.npmrc" "$HOME/.gitconfig" "$HOME/.cache" "$TMPDIR/left" node_modules ignored results.json "/tmp/left-$(id -u)" "/var/tmp/left-$(id -u)" "/dev/shm/left-$(id -u)" \
"$own/.npmrc" "$own/.m2/settings.xml" ../checkout/ignored/left ../home/.npmrc; do [ -e "$f" ] && echo "FOUND $f"; done
perl -MIO::Socket::INET -e 'exit(IO::Socket::INET->new(PeerAddr => "127.0.0.1:" . $ARGV[0], Timeout => 1) ? 0 : 1)' "$port" && echo "FOUND a server"
[ "$(git config --global --list 2>/dev/null)" = "" ] || echo "FOUND a git configuration"
[ -e f1 ] && [ -e f2 ] && echo "THE WORK IS HERE"
`
	w := newWorld(t, agent, func(f map[string]string) { f["test.sh"] = tests + f["test.sh"] })
	w.succeed()
	log := w.artifact("logs/build.log")
	_, log, _ = strings.Cut(log, "===== tests-0.log")
	if !strings.Contains(log, "THE WORK IS HERE") {
		t.Errorf("the tests do not see the work:\n%s", log)
	}
	for line := range strings.Lines(log) {
		if strings.HasPrefix(line, "FOUND ") {
			t.Errorf("the tests see what the agent left: %s", strings.TrimSpace(line))
		}
	}
	if !strings.Contains(w.body(), "left outside of the checkout") || !strings.Contains(w.body(), "/tmp/left-") {
		t.Errorf("what was left outside is named:\n%s", w.body())
	}
}

// One task's agent leaves no setting for the next one's.
func TestNothingOfATaskReachesTheNext(t *testing.T) {
	w := newWorld(t, `for f in "$HOME/.npmrc" "$TMPDIR/left" "/tmp/left-$(id -u)"; do [ -e "$f" ] && echo "FOUND $f"; echo left > "$f"; done
(setsid sleep 300 &); [ "$(ps -U "$(id -u)" -o args= | grep -c '^sleep 300')" -gt 1 ] && echo "FOUND a process"; echo "$1" > "f$1"`)
	w.succeed()
	if log := w.artifact("logs/kiro-cli.log"); strings.Contains(log, "FOUND") {
		t.Error(log)
	}
}

// What the setup command installs in its home is there for every task and for the tests, as setup left it.
func TestSetupsHomeIsWhatSetupLeft(t *testing.T) {
	w := newWorld(t, `cat "$HOME/.tools/tool" && echo changed > "$HOME/.tools/tool"; echo "$1" > "f$1"`, func(f map[string]string) {
		f["test.sh"] = `cat "$HOME/.tools/tool"` + "\n" + f["test.sh"]
	})
	w.options.Parameters.Settings.SetupCommand = `sh -c 'mkdir -p "$HOME/.tools"; ln -s tool "$HOME/.tools/link"; echo installed > "$HOME/.tools/tool"'`
	w.succeed()
	_, tests, _ := strings.Cut(w.artifact("logs/build.log"), "===== tests-0.log")
	if log := w.artifact("logs/kiro-cli.log") + tests; strings.Count(log, "installed\n") != 3 || strings.Contains(log, "changed") {
		t.Error(log)
	}
}

// An agent cannot take back what an earlier run of it wrote.
func TestLogOfEarlierRunsStays(t *testing.T) {
	perl(t)
	w := newWorld(t, `echo "run $1 was here"; [ "$1" = 2 ] && { perl -e 'truncate STDOUT, 0; truncate STDERR, 0; seek STDOUT, 0, 0'; sh -c ': > ../agent.log'; rm -f ../agent.log; }; echo "$1" > "f$1"`)
	w.succeed()
	if log := w.artifact("logs/kiro-cli.log"); !strings.Contains(log, "run 1 was here") {
		t.Errorf("the first run's log is gone:\n%s", log)
	}
}

// A worker's own directory is not the agent's to look around in, whatever is in it.
func TestBuildDirectoryIsClosed(t *testing.T) {
	w := newWorld(t, `ls .. > /dev/null 2>&1 && echo LISTED; for f in state.json agent.log kept repository.git/config checkout.staging measured; do
cat "../$f" > /dev/null 2>&1 && [ "$f" != repository.git/config ] && echo "READ $f"; touch "../$f/x" 2>/dev/null && echo "WROTE $f"; done; echo "$1" > "f$1"`)
	w.succeed()
	if log := w.artifact("logs/kiro-cli.log"); strings.Contains(log, "LISTED") || strings.Contains(log, "READ") || strings.Contains(log, "WROTE") {
		t.Error(log)
	}
	if _, err := os.Stat(filepath.Join(w.dir, "state.json")); err != nil {
		t.Error(err)
	}
}
