// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// errKilled: the container was killed while a command ran.
var errKilled = errors.New("the build was ended")

// initProgram is the first process of a container: leader of its session, parent of all commands. It takes the paths
// of a shell and a script a line and answers with the exit status on descriptor 3. Descriptor 4 is open as long as
// the emulator lives: when it ends, however that happened, a second process kills the session, so that no build
// outlives the emulator. (Where there is no /proc only the group is killed.)
const initProgram = `
(
  exec 3>&-
  read -r _ <&4
  for stat in /proc/[0-9]*/stat; do
    read -r line 2>/dev/null <"$stat" || continue
    pid=${line%% *}
    set -- ${line##*) }
    if [ "${4:-}" = "$$" ] && [ "${3:-}" != "$$" ]; then kill -KILL "$pid" 2>/dev/null; fi
  done
  kill -KILL 0
) &
while read -r shell && read -r script; do
  "$shell" "$script" </dev/null 3>&- 4<&-
  echo "$?" >&3
done
wait
`

// container is where one build runs: a directory, and a session of processes. It is no sandbox: builds are trusted as
// much as the emulator itself is.
type container struct {
	dir, src, home, tmp, state string
	shell                      string
	log                        *os.File
	id                         string // value of CODEBUILD_BUILD_ID

	init     *exec.Cmd
	requests io.WriteCloser
	answers  *bufio.Reader
	pipes    []io.Closer
}

// newContainer makes the directory of a build and, where it is to run commands, starts its first process.
func newContainer(dir string, commands bool) (*container, error) {
	c := &container{
		dir: dir, src: filepath.Join(dir, "src"), home: filepath.Join(dir, "home"),
		tmp: filepath.Join(dir, "tmp"), state: filepath.Join(dir, "state"),
	}
	for _, d := range []string{c.src, c.home, c.tmp, c.state} {
		if err := os.MkdirAll(d, 0o750); err != nil {
			return nil, fmt.Errorf("making the build's directory: %w", err)
		}
	}
	log, err := os.OpenFile(logFile(dir), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("making the build's log: %w", err)
	}
	c.log = log
	if !commands {
		return c, nil
	}
	if err := c.start(); err != nil {
		_ = log.Close()
		return nil, fmt.Errorf("starting the build's first process: %w", err)
	}
	return c, nil
}

func logFile(dir string) string { return filepath.Join(dir, "build.log") }

func (c *container) start() error {
	answerRead, answerWrite, err := os.Pipe()
	if err != nil {
		return err
	}
	lifeRead, lifeWrite, err := os.Pipe()
	if err != nil {
		return errors.Join(err, answerRead.Close(), answerWrite.Close())
	}
	c.init = exec.Command("/bin/sh", "-c", initProgram) //nolint:noctx // ends with all that belongs to it, in kill
	c.init.Env = []string{}
	c.init.Dir = "/"
	c.init.Stdout, c.init.Stderr = c.log, c.log
	c.init.ExtraFiles = []*os.File{answerWrite, lifeRead}
	c.init.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	c.requests, err = c.init.StdinPipe()
	if err == nil {
		err = c.init.Start()
	}
	_, _ = answerWrite.Close(), lifeRead.Close()
	c.pipes = []io.Closer{answerRead, lifeWrite}
	if err != nil {
		return errors.Join(err, answerRead.Close(), lifeWrite.Close())
	}
	c.answers = bufio.NewReader(answerRead)
	return nil
}

// environment is what is in an empty container.
func (c *container) environment() map[string]string {
	return map[string]string{"PATH": os.Getenv("PATH"), "HOME": c.home, "TMPDIR": c.tmp, "LANG": "C.UTF-8"}
}

// setEnvironment writes the environment and the directory that the first command finds.
func (c *container) setEnvironment(env map[string]string) error {
	c.id = env["CODEBUILD_BUILD_ID"]
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(env)) {
		if !variableName.MatchString(name) || strings.ContainsRune(env[name], 0) {
			return fmt.Errorf("the variable %q cannot be set in a shell", name)
		}
		fmt.Fprintf(&text, "export %s=%s\n", name, quote(env[name]))
	}
	return errors.Join(
		os.WriteFile(c.file("env"), []byte(text.String()), 0o600),
		os.WriteFile(c.file("dir"), []byte(c.src+"\n"), 0o600))
}

func (c *container) file(name string) string { return filepath.Join(c.state, name) }

// run runs one command and returns its exit status. Guide, "Build specification reference": version 0.2 "runs all
// build commands in the same instance of the default shell", which shows in variables and the directory: both are
// carried from one command to the next, also when it ended with exit. Shell functions are not.
func (c *container) run(ctx context.Context, command string, succeeding bool) (int, error) {
	script := c.file("script")
	if err := os.WriteFile(script, []byte(c.script(command, succeeding)), 0o600); err != nil {
		return 0, err
	}
	shell, err := exec.LookPath(orSh(c.shell))
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Fprintf(c.requests, "%s\n%s\n", shell, script); err != nil {
		return 0, fmt.Errorf("the container is gone: %w", err)
	}
	type answer struct {
		line string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		line, err := c.answers.ReadString('\n')
		done <- answer{line, err}
	}()
	select {
	case a := <-done:
		if a.err != nil {
			return 0, errors.New("the container is gone")
		}
		return strconv.Atoi(strings.TrimSpace(a.line))
	case <-ctx.Done():
		c.kill()
		<-done
		return 0, errKilled
	}
}

func orSh(shell string) string {
	if shell == "" {
		return "/bin/sh"
	}
	return shell
}

// script wraps a command in what takes over the state of the one before and leaves it to the next.
func (c *container) script(command string, succeeding bool) string {
	flag := "0"
	if succeeding {
		flag = "1"
	}
	env, dir := quote(c.file("env")), quote(c.file("dir"))
	return ". " + env + "\n" +
		"cd \"$(cat " + dir + ")\" || exit 1\n" +
		"export CODEBUILD_BUILD_SUCCEEDING=" + flag + "\n" +
		"trap " + quote("set -- \"$?\"; set +a; export -p >"+env+"; pwd >"+dir+"; exit \"$1\"") + " EXIT\n" +
		"set -a\n" + command + "\n"
}

// quote makes one word of a shell out of any text without NUL.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// kill kills every process of the container and waits until none is left.
func (c *container) kill() {
	if c.init == nil {
		return
	}
	killAll(traces{leader: c.init.Process.Pid, id: c.id, dir: c.dir})
}

// close ends the container. It may be called after kill.
func (c *container) close() {
	c.kill()
	if c.init != nil {
		_ = c.requests.Close()
		_ = c.init.Wait() // killed, or gone by itself: both are an end
	}
	for _, p := range c.pipes {
		_ = p.Close()
	}
	_ = c.log.Close()
}
