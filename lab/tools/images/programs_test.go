// Package images tests the programs of the lab's images as processes, the way a container runs them.
package images

import (
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestHello(t *testing.T) {
	port := freePort(t)
	hello := start(t, build(t, "hello"), "PORT="+port, "TARGET=Knative")
	base := "http://127.0.0.1:" + port

	if status, body := get(t, base+"/healthz"); status != 200 || body != "" {
		t.Errorf("/healthz answered %d %q", status, body)
	}
	if status, body := get(t, base+"/any/path"); status != 200 || body != "Hello Knative!\n" {
		t.Errorf("/any/path answered %d %q", status, body)
	}
	endsCleanly(t, hello, syscall.SIGTERM)
}

func TestHelloDefaults(t *testing.T) {
	port := freePort(t)
	hello := start(t, build(t, "hello"), "PORT="+port)
	if status, body := get(t, "http://127.0.0.1:"+port+"/"); status != 200 || body != "Hello World!\n" {
		t.Errorf("answered %d %q", status, body)
	}
	endsCleanly(t, hello, syscall.SIGTERM)
}

func TestHelloSaysWhyItCannotListen(t *testing.T) {
	taken, err := net.Listen("tcp", ":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.Addr().String())
	command := exec.Command(build(t, "hello"))
	command.Env = []string{"PORT=" + port}
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "address already in use") {
		t.Errorf("ended with %v: %s", err, output)
	}
}

func TestPauseEndsOnSignal(t *testing.T) {
	binary := build(t, "pause")
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		pause := start(t, binary)
		time.Sleep(100 * time.Millisecond) // until it has its handlers
		endsCleanly(t, pause, signal)
	}
}

// A shell that becomes pause by exec leaves it children, and those become zombies unless pause reaps them.
func TestPauseReapsChildren(t *testing.T) {
	command := exec.Command("sh", "-c", `sleep 0.3 & sleep 0.3 & exec "$0"`, build(t, "pause"))
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

func build(t *testing.T, program string) string {
	t.Helper()
	binary := filepath.Join(t.TempDir(), program)
	if output, err := exec.Command("go", "build", "-o", binary, "./"+program).CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, output)
	}
	return binary
}

func start(t *testing.T, binary string, env ...string) *exec.Cmd {
	t.Helper()
	command := exec.Command(binary)
	command.Env = env
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
