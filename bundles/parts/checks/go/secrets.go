package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"time"
)

// inSecrets reads the certificates of all Secrets of type kubernetes.io/tls of a cluster: those of services, and the
// intermediate by which cert-manager issues them.
func inSecrets(ctx context.Context, kubeconfig string) ([]held, error) {
	client, server, err := apiClient(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", kubeconfig, err)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	var all []held
	var flaws []error
	for next := ""; ; {
		list, err := secrets(ctx, client, server+"/api/v1/secrets?fieldSelector=type%3Dkubernetes.io%2Ftls&limit=200"+next)
		if err != nil {
			return all, fmt.Errorf("certificates in Secrets: %w", err)
		}
		for _, each := range list.Items {
			where := "Secret " + each.Metadata.Namespace + "/" + each.Metadata.Name
			if more, err := inPEM(where, each.Data["tls.crt"], false); err != nil {
				flaws = append(flaws, err)
			} else {
				all = append(all, more[0]) // what is issued, not the authorities sent along with it
			}
		}
		if list.Metadata.Continue == "" {
			return all, errors.Join(flaws...)
		}
		next = "&continue=" + url.QueryEscape(list.Metadata.Continue)
	}
}

type secretList struct {
	Metadata struct{ Continue string }
	Items    []struct {
		Metadata struct{ Namespace, Name string }
		Data     map[string][]byte
	}
}

func secrets(ctx context.Context, client *http.Client, address string) (list secretList, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return list, err
	}
	answer, err := client.Do(request)
	if err != nil {
		return list, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return list, fmt.Errorf("the API server answers %s", answer.Status)
	}
	return list, json.NewDecoder(answer.Body).Decode(&list)
}

var setting = regexp.MustCompile(`(?m)^\s*(?:- )?([a-z-]+):\s*"?(\S+?)"?\s*$`)

// apiClient is a client by a kubeconfig of one cluster and one user with everything in it, as kubeadm writes admin.conf.
func apiClient(kubeconfig string) (*http.Client, string, error) {
	text, err := os.ReadFile(kubeconfig)
	if err != nil {
		return nil, "", err
	}
	said := map[string]string{}
	for _, match := range setting.FindAllSubmatch(text, -1) {
		said[string(match[1])] = string(match[2])
	}
	decoded := map[string][]byte{}
	for _, name := range []string{"certificate-authority-data", "client-certificate-data", "client-key-data"} {
		if decoded[name], err = base64.StdEncoding.DecodeString(said[name]); err != nil || said[name] == "" {
			return nil, "", fmt.Errorf("it has no %s", name)
		}
	}
	pair, err := tls.X509KeyPair(decoded["client-certificate-data"], decoded["client-key-data"])
	if err != nil {
		return nil, "", err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(decoded["certificate-authority-data"]) {
		return nil, "", fmt.Errorf("its certificate-authority-data is no certificate")
	}
	trust := &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: trust, Proxy: nil}}, said["server"], nil
}
