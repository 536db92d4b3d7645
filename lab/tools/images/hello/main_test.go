package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
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

func TestAnswers(t *testing.T) {
	port := freePort(t)
	hello := start(t, "PORT="+port, "TARGET=Knative")
	base := "http://127.0.0.1:" + port

	if status, body := get(t, base+"/healthz"); status != 200 || body != "" {
		t.Errorf("/healthz answered %d %q", status, body)
	}
	if status, body := get(t, base+"/any/path"); status != 200 || body != "Hello Knative!\n" {
		t.Errorf("/any/path answered %d %q", status, body)
	}
	endsCleanly(t, hello, syscall.SIGTERM)
}

func TestDefaults(t *testing.T) {
	port := freePort(t)
	hello := start(t, "PORT="+port)
	if status, body := get(t, "http://127.0.0.1:"+port+"/"); status != 200 || body != "Hello World!\n" {
		t.Errorf("answered %d %q", status, body)
	}
	endsCleanly(t, hello, syscall.SIGTERM)
}

func TestSaysWhyItCannotListen(t *testing.T) {
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	command := exec.Command(os.Args[0])
	command.Env = []string{"PORT=" + port, runProgram + "=1"}
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "address already in use") {
		t.Errorf("ended with %v: %s", err, output)
	}
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

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		response, err := http.Get(url)
		if err == nil {
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			return response.StatusCode, string(body)
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
