package main

import (
	"fmt"
	"regexp"
	"strings"
)

// workload is what a person rolls out.
type workload struct {
	Namespace string `json:"namespace"`
	Kind      string `json:"kind"`
	Name      string `json:"name"`
}

// key is how the lists of the cluster call it.
func (w workload) key() string { return w.Namespace + "." + strings.ToLower(w.Kind) + "." + w.Name }

// podNames are the names that a kind's pods have behind its own: Kubernetes makes them so.
var podNames = map[string]*regexp.Regexp{
	"Deployment":  regexp.MustCompile(`^-[a-z0-9]{1,10}-[a-z0-9]{5}$`),
	"ReplicaSet":  regexp.MustCompile(`^-[a-z0-9]{5}$`),
	"StatefulSet": regexp.MustCompile(`^-[0-9]+$`),
	"DaemonSet":   regexp.MustCompile(`^-[a-z0-9]{5}$`),
	"CronJob":     regexp.MustCompile(`^-[0-9]{8,11}(-[0-9]+)?-[a-z0-9]{5}$`),
	"Job":         regexp.MustCompile(`^(-[0-9]+)?-[a-z0-9]{5}$`),
}

// madeBy is the workload among those that stand whose pod has a name; the pod itself where there is none.
//
// The names are all that is left of a pod that is gone. Of several that fit, the longest name is meant.
func madeBy(namespace, pod string, standing []workload) workload {
	found := workload{namespace, "Pod", pod}
	best := 0
	for _, each := range standing {
		rest, ok := strings.CutPrefix(pod, each.Name)
		if ok && each.Namespace == namespace && len(each.Name) > best && podNames[each.Kind] != nil &&
			podNames[each.Kind].MatchString(rest) {
			found, best = each, len(each.Name)
		}
	}
	return found
}

// kinds are what is asked for at a cluster, and where.
var kinds = []struct{ kind, path string }{
	{"Deployment", "/apis/apps/v1/deployments"}, {"StatefulSet", "/apis/apps/v1/statefulsets"},
	{"DaemonSet", "/apis/apps/v1/daemonsets"}, {"CronJob", "/apis/batch/v1/cronjobs"}, {"Job", "/apis/batch/v1/jobs"},
	{"ReplicaSet", "/apis/apps/v1/replicasets"},
}

// standingOf are the workloads of a list that nothing of Kubernetes' own made.
func standingOf(kind string, list objects) []workload {
	var found []workload
	for _, each := range list.Items {
		if len(each.Metadata.OwnerReferences) == 0 {
			found = append(found, workload{each.Metadata.Namespace, kind, each.Metadata.Name})
		}
	}
	return found
}

func (w workload) String() string {
	if w.Namespace == "" {
		return "lines that no shipper brought"
	}
	return fmt.Sprintf("%s %s/%s", w.Kind, w.Namespace, w.Name)
}
