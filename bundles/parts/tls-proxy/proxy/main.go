// Command tls-proxy runs haproxy, which speaks TLS for a program of the same pod that has none of its own, and has it
// serve a certificate that was renewed.
//
// Its settings are variables of the environment: LISTEN, where clients come in (":8443"); BACKEND, where the program
// listens ("127.0.0.1:8080"); CERTIFICATES, a folder with tls.crt and tls.key ("/etc/tls"); FOLDER, for what it writes
// ("/run/tls-proxy"); ANSWER, seconds that the program may take to answer ("300"); HEALTH, a path of the program that
// answers 200 while it can work (none: it only has to take connections); USERS, a file of whom it lets in, NAME:PASSWORD
// a line or NAME:PASSWORD:/PATH,/PATH for these paths alone (none: everybody, for programs that ask by themselves).
//
// Where the program also talks to its like in other pods: PEERS, the names of the pods in order, PEER, the number of this
// one (from 0), PEER_PORT, where their proxies meet, PEER_FIRST, the port of the first program on 127.0.0.1, PEER_NAME, the
// common name in the certificate of each. The folder of certificates then also has ca.crt.
package main

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

// every is how often the certificate is looked at; the kubelet itself takes up to two minutes to bring a new one.
const every = 15 * time.Second

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: common})))
	if err := run(); err != nil {
		slog.Error("ended", "error.message", err.Error())
		os.Exit(1)
	}
}

// run serves until it is told to end, or haproxy ends.
func run() error {
	wanted, err := settingsOf(os.Getenv)
	if err != nil {
		return err
	}
	keys := keys{folder: wanted.Certificates, written: wanted.Pair()}
	if _, err := keys.renew(); err != nil {
		return err
	}
	written := ""
	if _, err := wanted.renew(&written); err != nil {
		return err
	}
	proxy := exec.Command("/usr/sbin/haproxy", "-W", "-db", "-f", wanted.file())
	said, err := proxy.StderrPipe()
	if err != nil {
		return err
	}
	proxy.Stdout = proxy.Stderr
	if err := proxy.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() {
		tell(said)
		ended <- proxy.Wait()
	}()
	return watch(proxy.Process, func() (bool, error) {
		certificate, err := keys.renew()
		known, wrong := wanted.renew(&written)
		return certificate || known, errors.Join(err, wrong)
	}, ended)
}

// watch has haproxy read a renewed certificate or file of users, and end when this program is told to: after its connections' answers.
func watch(proxy *os.Process, renew func() (bool, error), ended <-chan error) error {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, syscall.SIGINT)
	clock := time.NewTicker(every)
	defer clock.Stop()
	ending := false
	for {
		select {
		case err := <-ended:
			if ending {
				return nil
			}
			return errors.Join(errors.New("haproxy ended by itself"), err)
		case <-told:
			ending = true
			if err := proxy.Signal(syscall.SIGUSR1); err != nil {
				return err
			}
		case <-clock.C:
			changed, err := renew()
			if err != nil {
				slog.Warn("serving the former certificate or letting in the former users", "error.message", err.Error())
			}
			if changed && !ending {
				// The master starts a worker with the new one; the former answers what it has begun.
				if err := proxy.Signal(syscall.SIGUSR2); err != nil {
					return err
				}
			}
		}
	}
}

// tell passes on what haproxy says, a line of JSON each.
func tell(said io.Reader) {
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		if line := strings.TrimSpace(lines.Text()); line != "" {
			slog.Info(line, "log.logger", "haproxy")
		}
	}
}

// common names a line's fields as the Elastic common schema does.
func common(_ []string, attribute slog.Attr) slog.Attr {
	names := map[string]string{slog.TimeKey: "@timestamp", slog.LevelKey: "log.level", slog.MessageKey: "message"}
	attribute.Key = cmp.Or(names[attribute.Key], attribute.Key)
	return attribute
}
