package main

import (
	"bufio"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// The test binary is the language host itself when it runs with this variable.
const runHost = "RUN_LANGUAGE_HOST"

func TestMain(m *testing.M) {
	if os.Getenv(runHost) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// The executor of these tests writes down how it was called and then does what the program's argument says. The SDK's own needs
// an engine to talk to, as there is in tests/lab.
const executor = `
import json, os, sys, time
if os.environ.get("EXECUTOR_RECORD"):
    with open(os.environ["EXECUTOR_RECORD"], "w") as f:
        json.dump({
            "arguments": sys.argv[1:],
            "config": os.environ["PULUMI_CONFIG"],
            "secretKeys": os.environ["PULUMI_CONFIG_SECRET_KEYS"],
            "prefix": sys.prefix,
        }, f)
action = sys.argv[-1]
if action == "abort":
    os.abort()
elif action == "sleep":
    print("sleeping", flush=True)
    time.sleep(60)
else:
    sys.exit(int(action))
`

// process is a running language host.
type process struct {
	pulumirpc.LanguageRuntimeClient
	command *exec.Cmd
	ended   chan error
	output  *bufio.Reader
}

func startHost(t *testing.T, env ...string) *process {
	t.Helper()
	directory := t.TempDir()
	binary := filepath.Join(directory, "pulumi-language-python")
	content, err := os.ReadFile(os.Args[0])
	check(t, err)
	check(t, os.WriteFile(binary, content, 0o755))
	check(t, os.WriteFile(filepath.Join(directory, "pulumi-language-python-exec"), []byte(executor), 0o644))

	p := &process{command: exec.Command(binary), ended: make(chan error, 1)}
	p.command.Env = append(append(os.Environ(), runHost+"=1"), env...)
	p.command.Stderr = os.Stderr
	stdout, err := p.command.StdoutPipe()
	check(t, err)
	check(t, p.command.Start())
	t.Cleanup(func() { p.command.Process.Kill() })
	p.output = bufio.NewReader(stdout)
	port, err := p.output.ReadString('\n')
	check(t, err)
	go func() { p.ended <- p.command.Wait() }()

	connection, err := grpc.NewClient("127.0.0.1:"+strings.TrimSpace(port),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	check(t, err)
	t.Cleanup(func() { connection.Close() })
	p.LanguageRuntimeClient = pulumirpc.NewLanguageRuntimeClient(connection)
	return p
}

func (p *process) endsWithin(t *testing.T, limit time.Duration) {
	t.Helper()
	select {
	case err := <-p.ended:
		check(t, err)
	case <-time.After(limit):
		t.Fatalf("the host still runs after %v", limit)
	}
}

// project makes a folder with a virtual environment and returns the options that lead to it.
func project(t *testing.T) (root string, info *pulumirpc.ProgramInfo) {
	t.Helper()
	root = t.TempDir()
	output, err := exec.Command("python3", "-m", "venv", "--without-pip", filepath.Join(root, "venv")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return root, programInfo(t, root, map[string]any{"virtualenv": "venv"})
}

func programInfo(t *testing.T, root string, options map[string]any) *pulumirpc.ProgramInfo {
	t.Helper()
	fields, err := structpb.NewStruct(options)
	check(t, err)
	return &pulumirpc.ProgramInfo{RootDirectory: root, ProgramDirectory: root, EntryPoint: ".", Options: fields}
}

// installPackage puts a package with a pulumi-plugin.json into the virtual environment.
func installPackage(t *testing.T, root, module, description string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "venv/lib/python3*/site-packages"))
	check(t, err)
	directory := filepath.Join(found[0], module)
	check(t, os.Mkdir(directory, 0o755))
	check(t, os.WriteFile(filepath.Join(directory, "pulumi-plugin.json"), []byte(description), 0o644))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEndsOnSignal(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			host := startHost(t)
			_, err := host.GetPluginInfo(t.Context(), &emptypb.Empty{})
			check(t, err)
			check(t, host.command.Process.Signal(signal))
			host.endsWithin(t, time.Second)
		})
	}
}

func TestMissingExecutor(t *testing.T) {
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), runHost+"=1")
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "pulumi-language-python-exec is missing; copy it from python/cmd") {
		t.Errorf("ended with %v: %s", err, output)
	}
}

func TestPluginInfoIsTheVersionOfTheSDK(t *testing.T) {
	info, err := startHost(t).GetPluginInfo(t.Context(), &emptypb.Empty{})
	check(t, err)
	module, err := os.ReadFile("go.mod")
	check(t, err)
	if !strings.Contains(string(module), "github.com/pulumi/pulumi/sdk/v3 v"+info.Version+"\n") {
		t.Errorf("version %s is not the one of go.mod", info.Version)
	}
}

func TestAboutNamesTheVirtualEnvironmentsPython(t *testing.T) {
	root, info := project(t)
	about, err := startHost(t).About(t.Context(), &pulumirpc.AboutRequest{Info: info})
	check(t, err)
	version, err := exec.Command("python3", "--version").Output()
	check(t, err)
	if about.Executable != filepath.Join(root, "venv/bin/python") {
		t.Errorf("executable: %s", about.Executable)
	}
	if "Python "+about.Version != strings.TrimSpace(string(version)) {
		t.Errorf("version: %s, want %s", about.Version, version)
	}
}

func TestRequiredPackages(t *testing.T) {
	root, info := project(t)
	installPackage(t, root, "pulumi_kubernetes", `{"resource": true, "name": "kubernetes", "version": "4.25.0"}`)
	installPackage(t, root, "pulumi_two_words", `{"resource": true, "server": "https://plugins.example"}`)
	installPackage(t, root, "pulumi_policy", `{"resource": false}`)
	installPackage(t, root, "acme_database", `{
		"resource": true, "name": "terraform-provider", "version": "1.0.2",
		"parameterization": {"name": "database", "version": "2.1.0", "value": "eHl6"}
	}`)
	response, err := startHost(t).GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: info})
	check(t, err)
	want := &pulumirpc.GetRequiredPackagesResponse{Packages: []*pulumirpc.PackageDependency{
		{
			Name: "terraform-provider", Kind: "resource", Version: "1.0.2",
			Parameterization: &pulumirpc.PackageParameterization{
				Name: "database", Version: "2.1.0", Value: []byte("xyz"),
			},
		},
		{Name: "kubernetes", Kind: "resource", Version: "4.25.0"},
		{Name: "two-words", Kind: "resource", Server: "https://plugins.example"},
	}}
	if !proto.Equal(response, want) {
		t.Errorf("got  %v\nwant %v", response, want)
	}
}

func TestRequiredPackagesOfABrokenDescription(t *testing.T) {
	root, info := project(t)
	installPackage(t, root, "pulumi_broken", `{`)
	_, err := startHost(t).GetRequiredPackages(t.Context(), &pulumirpc.GetRequiredPackagesRequest{Info: info})
	if err == nil || !strings.Contains(err.Error(), "pulumi_broken/pulumi-plugin.json: ") {
		t.Errorf("got %v", err)
	}
}
