// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// killPatience is how long the processes of a user have to be over once they were killed: one may be writing to a slow
// disk.
const killPatience = 10 * time.Second

// killPoll is how often they are looked for meanwhile.
const killPoll = 2 * time.Millisecond

// ErrSurvivors says that processes of a user could not be ended. What they might still do cannot be trusted.
var ErrSurvivors = errors.New("processes of the user could not be ended")

// KillUser ends every process of a user, and returns how many there were. It is for a user of whom everything is
// known to be over, such as the one whom agents run as: a process can shed its group and its environment, but not
// its user.
//
// Looking for processes and killing what is found loses against one that forks and exits all the time. The kernel's own
// kill of everything that a user may signal does not: no fork comes between. It is sent by a thread that takes the
// user's rights but is, to the user, guard's: so the user cannot signal it back. Processes of guard are ended as well;
// it must be a user that runs nothing else.
func KillUser(uid, guard uint32) (int, error) {
	if os.Geteuid() != 0 || uid == 0 || guard == 0 || uid == guard {
		return 0, nil
	}
	ofBoth := func(pid int, _ status) bool {
		user := userOf(pid)
		return user == int64(uid) || user == int64(guard)
	}
	killed := map[int]bool{}
	for waited := time.Duration(0); ; waited += killPoll {
		for _, pid := range find(ofBoth) {
			killed[pid] = true
		}
		if err := killAs(uid, guard); err != nil {
			return len(killed), fmt.Errorf("ending the processes of user %d: %w", uid, err)
		}
		// What is left here is on its way out, or a zombie, which does nothing any more.
		switch {
		case len(find(ofBoth)) == 0:
			return len(killed), nil
		case waited >= killPatience:
			return len(killed), fmt.Errorf("%w: user %d", ErrSurvivors, uid)
		}
		time.Sleep(killPoll)
	}
}

// killAs sends SIGKILL to everything that the two users' rights reach.
func killAs(uid, guard uint32) error {
	failed := make(chan error, 1)
	go func() {
		// Never unlocked: these rights are this thread's alone, not to be had back, and end with it.
		runtime.LockOSThread()
		failed <- killFromHere(uid, guard)
	}()
	return <-failed
}

// killFromHere is killAs on a thread that ends afterwards. A raw call changes the rights of one thread; package syscall's
// would change them all.
func killFromHere(uid, guard uint32) error {
	if _, _, errno := syscall.RawSyscall(syscall.SYS_SETRESUID, uintptr(guard), uintptr(uid), uintptr(guard)); errno != 0 {
		return errno
	}
	// With a capability left (CAP_KILL, where root's rights are set up in another way than usual) it would reach everybody.
	header := capHeader{version: capVersion3}
	var data [2]capData
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CAPGET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data)), 0); errno != 0 { //nolint:gosec // the kernel's own layout
		return errno
	}
	if data[0].effective|data[1].effective != 0 {
		return errors.New("a thread cannot give up the worker's rights (SECBIT_NO_SETUID_FIXUP): run the build with the usual ones")
	}
	// The kernel leaves out the first process and the caller's own.
	if _, _, errno := syscall.RawSyscall(syscall.SYS_KILL, ^uintptr(0), uintptr(syscall.SIGKILL), 0); errno != 0 && errno != syscall.ESRCH {
		return errno
	}
	return nil
}

// capVersion3 is _LINUX_CAPABILITY_VERSION_3; the two types are capget(2)'s.
const capVersion3 = 0x20080522

type capHeader struct {
	version uint32
	_       int32 // the thread; zero is the caller's
}

type capData struct{ effective, _, _ uint32 }

// userOf is a process's real user, or -1. The owner of its directory in /proc would not do: a process can make that
// root by asking not to be dumped.
func userOf(pid int) int64 {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return -1
	}
	_, rest, _ := strings.Cut(string(text), "\nUid:")
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		return -1
	}
	uid, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil {
		return -1
	}
	return uid
}
