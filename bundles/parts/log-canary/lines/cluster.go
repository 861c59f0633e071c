package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// cluster is the API of the cluster that this program runs in, asked in the name of its service account.
type cluster struct{ url, account string }

// objects is a list of the API: what is needed of it.
type objects struct {
	Metadata struct{ Continue string }
	Items    []struct {
		Metadata struct {
			Name, Namespace string
			OwnerReferences []struct{ Kind string }
		}
	}
}

func inCluster() cluster {
	return cluster{"https://kubernetes.default.svc", "/var/run/secrets/kubernetes.io/serviceaccount"}
}

func (c cluster) ask(ctx context.Context, method, path, form string, body []byte, found any) error {
	token, err := os.ReadFile(filepath.Join(c.account, "token"))
	if err != nil {
		return err
	}
	asked, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	asked.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	asked.Header.Set("Accept", form)
	asked.Header.Set("Content-Type", "application/apply-patch+yaml")
	return answered(filepath.Join(c.account, "ca.crt"), asked, into(found))
}

// workloads are those that stand in the whole cluster.
func (c cluster) workloads(ctx context.Context) ([]workload, error) {
	// Without what is in them.
	const names = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	var found []workload
	for _, each := range kinds {
		for next := ""; ; {
			var list objects
			path := each.path + "?limit=500&continue=" + url.QueryEscape(next)
			if err := c.ask(ctx, http.MethodGet, path, names, nil, &list); err != nil {
				return nil, err
			}
			found = append(found, standingOf(each.kind, list)...)
			if next = list.Metadata.Continue; next == "" {
				break
			}
		}
	}
	return found, nil
}

// keep writes entries of a ConfigMap: those that this program wrote before and are not among them go, others stay. It gives
// all that are in it then.
func (c cluster) keep(ctx context.Context, namespace, name string, entries map[string]string) (map[string]string, error) {
	body, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]string{"name": name, "namespace": namespace}, "data": entries})
	if err != nil {
		return nil, err
	}
	path := "/api/v1/namespaces/" + namespace + "/configmaps/" + name + "?fieldManager=log-report&force=true"
	var kept struct{ Data map[string]string }
	err = c.ask(ctx, http.MethodPatch, path, "application/json", body, &kept)
	return kept.Data, err
}
