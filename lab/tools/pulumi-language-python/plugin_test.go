package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func runPlugin(t *testing.T, host *process, request *pulumirpc.RunPluginRequest) (stdout, stderr string, exit int32) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	stream, err := host.RunPlugin(ctx, request)
	check(t, err)
	exit = -1
	for {
		message, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stdout, stderr, exit
		}
		check(t, err)
		switch output := message.Output.(type) {
		case *pulumirpc.RunPluginResponse_Stdout:
			stdout += string(output.Stdout)
		case *pulumirpc.RunPluginResponse_Stderr:
			stderr += string(output.Stderr)
		case *pulumirpc.RunPluginResponse_Exitcode:
			exit = output.Exitcode
		}
	}
}

func TestRunPlugin(t *testing.T) {
	root, info := project(t)
	check(t, os.WriteFile(filepath.Join(root, "__main__.py"), []byte(`
import json, os, sys
print(json.dumps([sys.argv[1:], os.getcwd(), sys.prefix, os.environ.get("GIVEN"), os.environ.get("OF_THE_HOST")]))
print("to stderr", file=sys.stderr)
sys.exit(int(os.environ.get("EXIT", "0")))
`), 0o644))
	// The virtual environment `venv` is the default of a plugin.
	info.Options = nil
	pwd := t.TempDir()
	host := startHost(t, "OF_THE_HOST=x")

	for _, test := range []struct {
		env    []string
		stdout string
		exit   int32
	}{
		{
			[]string{"GIVEN=y", "EXIT=3", "PATH=" + os.Getenv("PATH")},
			`[["127.0.0.1:1"], "` + pwd + `", "` + root + `/venv", "y", null]`, 3,
		},
		{nil, `[["127.0.0.1:1"], "` + pwd + `", "` + root + `/venv", null, "x"]`, 0},
	} {
		stdout, stderr, exit := runPlugin(t, host, &pulumirpc.RunPluginRequest{
			Info: info, Pwd: pwd, Args: []string{"127.0.0.1:1"}, Env: test.env,
		})
		if stdout != test.stdout+"\n" || stderr != "to stderr\n" || exit != test.exit {
			t.Errorf("env %v: stdout %q, stderr %q, exit %d", test.env, stdout, stderr, exit)
		}
	}
}

func TestRunPluginOfAPackage(t *testing.T) {
	root, info := project(t)
	check(t, os.WriteFile(filepath.Join(root, "pyproject.toml"), []byte(`
[build-system]
build-backend = "setuptools.build_meta"
[project]
name = "acme-components"
`), 0o644))
	// This stands for the module of the SDK that imports the package.
	modules := filepath.Join(t.TempDir(), "pulumi", "run")
	check(t, os.MkdirAll(modules, 0o755))
	check(t, os.WriteFile(filepath.Join(modules, "plugin.py"), []byte("import sys; print(sys.argv[1:])\n"), 0o644))
	stdout, stderr, exit := runPlugin(t, startHost(t, "PYTHONPATH="+filepath.Dir(filepath.Dir(modules))),
		&pulumirpc.RunPluginRequest{Info: info, Pwd: root, Args: []string{"127.0.0.1:1"}})
	if stdout != "['acme-components', '127.0.0.1:1']\n" || exit != 0 {
		t.Errorf("stdout %q, stderr %q, exit %d", stdout, stderr, exit)
	}
}

func TestRunPluginOfAnEmptyFolder(t *testing.T) {
	_, info := project(t)
	stream, err := startHost(t).RunPlugin(t.Context(), &pulumirpc.RunPluginRequest{Info: info})
	check(t, err)
	_, err = stream.Recv()
	if err == nil || !strings.Contains(err.Error(), "is not a plugin: it has neither a __main__.py nor a pyproject.toml") {
		t.Errorf("got %v", err)
	}
}
