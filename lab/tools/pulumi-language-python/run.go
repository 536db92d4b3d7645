package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// exitAfterMessage is the executor's exit code when it has shown the user what went wrong.
	exitAfterMessage = 32

	// How long an aborted program has to end after SIGTERM before it is killed.
	abortGrace = 3 * time.Second
)

var errStopped = status.Error(codes.Canceled, "stopped before it was done")

// Run executes a program. Its output goes to the host's own, which the engine shows.
func (h *host) Run(call context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, cancel := h.whileRunning(call)
	defer cancel()

	if request.AttachDebugger {
		return nil, errors.New("this language host cannot attach a debugger; install Pulumi's own language host")
	}
	python, err := pythonOf(request.GetInfo(), "")
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	configuration, err := configEnvironment(request)
	if err != nil {
		return nil, err
	}
	command, err := python.Command(ctx, append([]string{"-u", h.executor}, h.executorArguments(request)...)...)
	if err != nil {
		return nil, err
	}
	command.Env = append(command.Environ(), configuration...)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	endGently(command)

	err = command.Run()
	if ctx.Err() != nil {
		return nil, errStopped
	}
	return runResponse(err), nil
}

// executorArguments returns the command line of pulumi-language-python-exec, which reads it with argparse.
func (h *host) executorArguments(request *pulumirpc.RunRequest) []string {
	var arguments []string
	add := func(option, value string) {
		if value != "" {
			arguments = append(arguments, "--"+option, value)
		}
	}
	add("monitor", request.MonitorAddress)
	add("engine", *h.engineAddress.Load())
	add("project", request.Project)
	add("root_directory", request.GetInfo().GetRootDirectory())
	add("stack", request.Stack)
	add("pwd", request.Pwd)
	add("dry_run", strconv.FormatBool(request.DryRun))
	add("parallel", strconv.Itoa(int(request.Parallel)))
	add("organization", request.Organization)
	arguments = append(arguments, request.GetInfo().GetEntryPoint())
	return append(arguments, request.Args...)
}

// configEnvironment hands the stack's config to the program as the SDK reads it: in the environment, where other users of the
// machine cannot see it, unlike on a command line.
func configEnvironment(request *pulumirpc.RunRequest) ([]string, error) {
	config, err := json.Marshal(nonNil(request.Config))
	if err != nil {
		return nil, err
	}
	secretKeys, err := json.Marshal(append([]string{}, request.ConfigSecretKeys...))
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(config), "PULUMI_CONFIG_SECRET_KEYS=" + string(secretKeys)}, nil
}

func nonNil(config map[string]string) map[string]string {
	if config == nil {
		return map[string]string{}
	}
	return config
}

// runResponse tells the engine how the program ended.
func runResponse(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("cannot start the program: %v", err)}
	case exit.ExitCode() == exitAfterMessage:
		return &pulumirpc.RunResponse{Bail: true}
	case exit.Exited():
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program exited with non-zero exit code: %d", exit.ExitCode())}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("program ended unexpectedly: %v", exit)}
	}
}

// endGently lets a command end by SIGTERM when its context does, which spares the traceback that SIGINT makes Python print.
func endGently(command *exec.Cmd) {
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = abortGrace
}
