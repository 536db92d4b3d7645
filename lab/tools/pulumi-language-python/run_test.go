package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

func TestRunHandsOverArgumentsAndConfig(t *testing.T) {
	root, info := project(t)
	record := filepath.Join(t.TempDir(), "record.json")
	host := startHost(t, "EXECUTOR_RECORD="+record)
	_, err := host.Handshake(t.Context(), &pulumirpc.LanguageHandshakeRequest{EngineAddress: "127.0.0.1:2"})
	check(t, err)
	response, err := host.Run(t.Context(), &pulumirpc.RunRequest{
		Info: info, Project: "program", Stack: "lab", Pwd: root, Organization: "acme", Parallel: 16, DryRun: true,
		MonitorAddress: "127.0.0.1:1", Args: []string{"0"},
		Config:           map[string]string{"program:password": `p"<&ä`},
		ConfigSecretKeys: []string{"program:password"},
	})
	check(t, err)
	if !proto.Equal(response, &pulumirpc.RunResponse{}) {
		t.Errorf("response: %v", response)
	}

	content, err := os.ReadFile(record)
	check(t, err)
	var got struct {
		Arguments                  []string
		Config, SecretKeys, Prefix string
	}
	check(t, json.Unmarshal(content, &got))
	arguments := []string{
		"--monitor", "127.0.0.1:1", "--engine", "127.0.0.1:2", "--project", "program", "--root_directory", root,
		"--stack", "lab", "--pwd", root, "--dry_run", "true", "--parallel", "16", "--organization", "acme", ".", "0",
	}
	if !reflect.DeepEqual(got.Arguments, arguments) {
		t.Errorf("arguments: %q\nwant       %q", got.Arguments, arguments)
	}
	var config map[string]string
	check(t, json.Unmarshal([]byte(got.Config), &config))
	if !reflect.DeepEqual(config, map[string]string{"program:password": `p"<&ä`}) {
		t.Errorf("config: %s", got.Config)
	}
	if got.SecretKeys != `["program:password"]` {
		t.Errorf("secret keys: %s", got.SecretKeys)
	}
	if got.Prefix != filepath.Join(root, "venv") {
		t.Errorf("ran in %s", got.Prefix)
	}
}

func TestRunTellsHowTheProgramEnded(t *testing.T) {
	_, info := project(t)
	host := startHost(t)
	for action, want := range map[string]*pulumirpc.RunResponse{
		"0":     {},
		"32":    {Bail: true},
		"1":     {Error: "program exited with non-zero exit code: 1"},
		"abort": {Error: "program ended unexpectedly: signal: aborted"},
	} {
		response, err := host.Run(t.Context(), &pulumirpc.RunRequest{Info: info, Args: []string{action}})
		check(t, err)
		if !proto.Equal(response, want) {
			t.Errorf("%s: got %v, want %v", action, response, want)
		}
	}
}

func TestRunWithoutTheVirtualEnvironment(t *testing.T) {
	info := programInfo(t, t.TempDir(), map[string]any{"virtualenv": "venv"})
	_, err := startHost(t).Run(t.Context(), &pulumirpc.RunRequest{Info: info})
	if err == nil || !strings.Contains(err.Error(), `'virtualenv' option in Pulumi.yaml is set to "venv"`) {
		t.Errorf("got %v", err)
	}
}

func TestUnsupportedOptionsAreRefused(t *testing.T) {
	host := startHost(t)
	for name, test := range map[string]struct {
		options map[string]any
		want    string
	}{
		"toolchain":  {map[string]any{"toolchain": "uv"}, "`toolchain` is \"uv\", but this language host knows only pip"},
		"wrong type": {map[string]any{"virtualenv": true}, "the runtime option `virtualenv` must be a string"},
	} {
		_, err := host.Run(t.Context(), &pulumirpc.RunRequest{Info: programInfo(t, t.TempDir(), test.options)})
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// However the host is told to stop, the program it runs ends, and soon.
func TestRunningProgramIsStopped(t *testing.T) {
	for name, stop := range map[string]func(*testing.T, *process){
		"Cancel": func(t *testing.T, host *process) {
			_, err := host.Cancel(t.Context(), &emptypb.Empty{})
			check(t, err)
		},
		"SIGTERM": func(t *testing.T, host *process) {
			check(t, host.command.Process.Signal(syscall.SIGTERM))
			host.endsWithin(t, 2*time.Second)
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, info := project(t)
			host := startHost(t)
			result := make(chan error, 1)
			go func() {
				_, err := host.Run(t.Context(), &pulumirpc.RunRequest{Info: info, Args: []string{"sleep"}})
				result <- err
			}()
			line, err := host.output.ReadString('\n')
			check(t, err)
			if line != "sleeping\n" {
				t.Fatalf("the program printed %q", line)
			}
			stop(t, host)
			select {
			case err := <-result:
				if status.Code(err) != codes.Canceled {
					t.Errorf("got %v", err)
				}
			case <-time.After(2 * time.Second):
				t.Fatal("the program still runs")
			}
		})
	}
}
