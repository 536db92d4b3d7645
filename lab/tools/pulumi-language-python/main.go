// pulumi-language-python is Pulumi's language host for Python programs and plugins, in the part that the lab needs. The
// official host's module is not served by the Go module proxy; where `pulumi` was installed in the usual way, the official
// one lies beside it and is used instead of this.
//
// The engine starts the host with its own address as the argument, reads the port from the first line of the output and
// talks gRPC to it (proto/pulumi/language.proto in the Pulumi SDK). Programs run in `pulumi-language-python-exec`, a Python
// script of the SDK that has to lie beside this binary.
//
// Only the pip toolchain is known. The runtime option `typechecker` is ignored.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// How often the host asks whether its engine still lives; it ends when the engine was killed.
const engineCheckInterval = 10 * time.Second

func main() {
	flag.String("tracing", "", "accepted for the engine's sake; this host does not trace")
	flag.Parse()
	logging.InitLogging(false, 0, false)
	if err := serve(flag.Arg(0)); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

// serve answers the engine until it sends SIGINT or SIGTERM, or is gone.
func serve(engineAddress string) error {
	executor, err := findExecutor()
	if err != nil {
		return err
	}

	// The engine ends each command with a SIGINT and waits several seconds for hosts that do not heed it.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if engineAddress != "" {
		if err := rpcutil.Healthcheck(ctx, engineAddress, engineCheckInterval, stop); err != nil {
			return fmt.Errorf("cannot watch the engine at %s: %w", engineAddress, err)
		}
	}

	host := newHost(ctx, executor, engineAddress)
	end := make(chan bool)
	context.AfterFunc(ctx, func() { close(end) })
	handle, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: end,
		Init: func(server *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(server, host)
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(handle.Port)
	return <-handle.Done
}

func findExecutor() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	executor := filepath.Join(filepath.Dir(self), "pulumi-language-python-exec")
	if _, err := os.Stat(executor); errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("%s is missing; copy it from python/cmd of the Go module github.com/pulumi/pulumi/sdk/v3", executor)
	} else if err != nil {
		return "", err
	}
	return executor, nil
}
