// Command conflist keeps a node's CNI configuration in step with the subnet that flannel has taken for it.
//
// flannel's own CNI plugin would read the subnet whenever a pod starts. Here the configuration holds it, for the
// plain bridge and host-local plugins; so pods can start after a reboot before flannel has come back.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"net/netip"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func main() {
	subnet := flag.String("subnet", "/run/flannel/subnet.env", "file that flannel writes")
	to := flag.String("to", "/etc/cni/net.d/10-flannel.conflist", "file to keep")
	every := flag.Duration("every", time.Second, "how often to look")
	flag.Parse()
	log.SetFlags(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if err := keep(ctx, *subnet, *to, *every); err != nil {
		log.Fatal("conflist: ", err)
	}
}

// keep rewrites the configuration whenever the subnet changes, until it is told to stop.
func keep(ctx context.Context, subnet, to string, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		text, err := os.ReadFile(subnet)
		switch {
		case errors.Is(err, fs.ErrNotExist): // flannel has not come up yet
		case err != nil:
			return err
		default:
			if err := update(text, to); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// update writes the configuration for flannel's subnet file, where it is not there already.
func update(text []byte, to string) error {
	wanted, err := configuration(text)
	if err != nil {
		return err
	}
	if found, err := os.ReadFile(to); err == nil && bytes.Equal(found, wanted) {
		return nil
	}
	// By rename, for the container runtime reads the folder whenever it changes; its name is not one it would take.
	part := filepath.Join(filepath.Dir(to), "."+filepath.Base(to)+".part")
	if err := os.WriteFile(part, wanted, 0o644); err != nil {
		return err
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	log.Printf("wrote %s", to)
	return nil
}

// configuration is the CNI configuration for flannel's subnet file: KEY=VALUE lines.
func configuration(text []byte) ([]byte, error) {
	values := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if key, value, found := strings.Cut(strings.TrimSpace(line), "="); found {
			values[key] = value
		}
	}
	mtu, err := strconv.Atoi(values["FLANNEL_MTU"])
	if err != nil {
		return nil, fmt.Errorf("no FLANNEL_MTU in %q", text)
	}
	// flannel names the bridge's own address; host-local wants the network, and gives the bridge its first address.
	bridge, err := netip.ParsePrefix(values["FLANNEL_SUBNET"])
	if err != nil {
		return nil, err
	}
	type object = map[string]any
	made, err := json.MarshalIndent(object{
		"cniVersion": "1.0.0",
		"name":       "cbr0",
		"plugins": []object{
			{
				"type": "bridge", "bridge": "cni0", "mtu": mtu, "isDefaultGateway": true, "hairpinMode": true,
				"ipMasq": false, // flannel does it, for what leaves the pod network
				"ipam": object{
					"type":   "host-local",
					"ranges": [][]object{{{"subnet": bridge.Masked().String()}}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
	return append(made, '\n'), err
}
