package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is the program itself when it runs with this variable.
const runProgram = "RUN_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(runProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestEndsOnSignal(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		pause := start(t)
		time.Sleep(100 * time.Millisecond) // until it has its handlers
		endsCleanly(t, pause, signal)
	}
}

// A shell that becomes pause by exec leaves it children, and those become zombies unless pause reaps them.
func TestReapsChildren(t *testing.T) {
	command := exec.Command("sh", "-c", `sleep 0.3 & sleep 0.3 & exec "$0"`, os.Args[0])
	command.Env = append(os.Environ(), runProgram+"=1")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(150 * time.Millisecond)
	if n := len(children(t, command.Process.Pid)); n != 2 {
		t.Fatalf("pause has %d children before they end, want 2", n)
	}
	deadline := time.Now().Add(5 * time.Second)
	for len(children(t, command.Process.Pid)) > 0 {
		if time.Now().After(deadline) {
			t.Fatal("pause did not reap its children")
		}
		time.Sleep(20 * time.Millisecond)
	}
	endsCleanly(t, command, syscall.SIGTERM)
}

func start(t *testing.T, env ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(env, runProgram+"=1")
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { command.Process.Kill() })
	return command
}

func endsCleanly(t *testing.T, command *exec.Cmd, signal syscall.Signal) {
	t.Helper()
	if err := command.Process.Signal(signal); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- command.Wait() }()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	case <-time.After(5 * time.Second):
		t.Errorf("still running 5 s after %v", signal)
	}
}

func children(t *testing.T, pid int) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("/proc", "*", "stat"))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // ended meanwhile
		}
		// pid (name) state ppid ...
		fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
		if fields[1] == strconv.Itoa(pid) {
			found = append(found, file)
		}
	}
	return found
}
