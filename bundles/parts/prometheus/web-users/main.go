// Command web-users writes the web configuration of Prometheus' programs, which know passwords only by their bcrypt hashes,
// from Kubernetes Secrets, which hold the passwords; and writes it anew when one of them changes.
package main

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	base := flag.String("base", "/etc/web/web.yaml", "the configuration but for its users")
	users := flag.String("users", "/etc/users", "folder with a folder for each user, which holds the files username and password")
	into := flag.String("into", "/run/web/web.yaml", "file to write")
	written := flag.Bool("written", false, "say only whether the file is there")
	every := flag.Duration("every", 10*time.Second, "how often it is looked whether a password or the base has changed")
	safe := flag.String("guarded", "", "write nothing, but make sure that this URL is answered to these users and to nobody else")
	up := flag.String("answers", "", "write nothing, but make sure that this URL is answered to one of these users")
	authority := flag.String("ca", "/etc/tls/ca.crt", "for -guarded and -answers: the authority that is trusted")
	server := flag.String("server", "", "for -guarded and -answers: the server's name")
	flag.Parse()
	if *safe != "" || *up != "" {
		told, err := ask(*safe, *up, *authority, *server, *users)
		if err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		os.Stdout.WriteString(told + "\n")
		return
	}
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	if *written {
		if _, err := os.Stat(*into); err != nil {
			os.Exit(1)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := keep(ctx, *base, *users, *into, *every); err != nil {
		slog.Error("stopped", "error", err.Error())
		os.Exit(1)
	}
}

// keep writes the configuration at once and after each change, until it is told to stop. What cannot be read at first is an
// error; later it is told, and what was written last stands.
func keep(ctx context.Context, base, users, into string, every time.Duration) error {
	var known source
	for ticker := time.NewTicker(every); ; {
		found, err := read(base, users)
		switch {
		case err != nil && known.base == "":
			return err
		case err != nil:
			slog.Warn("the former users stay", "error", err.Error())
		case !found.equal(known):
			if err := found.write(into); err != nil {
				return err
			}
			known = found
			slog.Info("users written", "file", into, "users", found.names())
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}
