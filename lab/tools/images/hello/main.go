// hello answers every HTTP request with `Hello ${TARGET}!`, as Knative's sample of the same name does, and /healthz with 200.
// It listens on $PORT, which Knative sets.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// How long open requests may take after SIGTERM; Kubernetes waits 30 s by default, Knative 300 s.
const shutdownTimeout = 10 * time.Second

func main() {
	server := &http.Server{
		Addr:              ":" + environment("PORT", "8080"),
		Handler:           handler(environment("TARGET", "World")),
		ReadHeaderTimeout: 10 * time.Second,
	}
	if err := serveUntilSignal(server); err != nil {
		log.Fatal(err)
	}
}

func handler(target string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("/", func(response http.ResponseWriter, _ *http.Request) {
		response.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprintf(response, "Hello %s!\n", target)
	})
	return mux
}

// serveUntilSignal answers requests until SIGINT or SIGTERM, then lets the open ones finish.
func serveUntilSignal(server *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	log.Printf("listening on %s", server.Addr)

	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	timeout, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(timeout); err != nil {
		return fmt.Errorf("shutting down: %w", err)
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func environment(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}
